package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
)

// logPage bounds the lines of one answer; the page asks again for the rest.
const logPage = 2000

type operationView struct {
	Operation operationFacts
	Cluster   cluster.Cluster
	Status    status
	Sentence  string
	Hint      string
	Steps     []stepView
	Lines     []application.LogLine
	LastSeq   int64
	Pod       string
}

// operationFacts shows an operation's action as the start of a sentence.
type operationFacts struct {
	application.Operation

	Action string
}

func (h *Handler) operation(w http.ResponseWriter, r *http.Request) error {
	o, err := h.findOperation(r)
	if err != nil {
		return err
	}
	c, err := h.Clusters.Cluster(r.Context(), strconv.FormatInt(o.ClusterID, 10))
	if err != nil {
		return err
	}
	lines, err := h.Applications.Log(r.Context(), o.ID, 0, allLines)
	if err != nil {
		return err
	}
	view := operationView{
		Operation: operationFacts{o, capital(string(o.Action))}, Cluster: c, Status: operationStatus(o),
		Steps: steps(o, lines), Lines: lines, Pod: o.PodName(),
	}
	view.Sentence, view.Hint = application.Explain(o)
	if len(lines) > 0 {
		view.LastSeq = lines[len(lines)-1].Seq
	}
	return h.render(w, r, http.StatusOK, "operation", view.Operation.Action+" "+o.Entry.Title, view)
}

// operationLog answers with the lines after one, for pages that follow.
func (h *Handler) operationLog(w http.ResponseWriter, r *http.Request) error {
	o, err := h.findOperation(r)
	if err != nil {
		return err
	}
	lines, err := h.Applications.Log(r.Context(), o.ID, after(r), logPage)
	if err != nil {
		return err
	}
	type line struct {
		Seq  int64  `json:"seq"`
		Text string `json:"text"`
	}
	shown := make([]line, len(lines))
	for i, l := range lines {
		shown[i] = line{l.Seq, l.Text}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(shown); err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	return nil
}

func (h *Handler) findOperation(r *http.Request) (application.Operation, error) {
	id, err := strconv.ParseInt(r.PathValue("operation"), 10, 64)
	if err != nil {
		return application.Operation{}, apperr.Of(apperr.NotFound)
	}
	return h.Applications.Operation(r.Context(), id)
}
