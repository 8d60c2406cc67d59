package podinit

import (
	"encoding/json"
	"fmt"
	"os"
)

// PlanFD is the file descriptor from which Main reads its plan as JSON. Plans
// hold environments and with them secrets, so they never are arguments.
const PlanFD = 3

// Plan is all that Main does.
type Plan struct {
	// Root is an empty folder on which the new root file system is mounted.
	Root string `json:"root"`
	// Mounts are what is seen in it, parents before children.
	Mounts []Mount `json:"mounts"`
	// ReadOnlyRoot makes all but the writable mounts read-only.
	ReadOnlyRoot bool `json:"readOnlyRoot"`

	// Path is the program, as seen in the new root. Empty: only try whether
	// this system allows the rest, and exit with code 0.
	Path string   `json:"path"`
	Args []string `json:"args"` // with the program's name
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`

	// SetIDs gives up the user for UID, GID and Groups. It is false in a user
	// namespace, where the process bears them from the start.
	SetIDs bool  `json:"setIDs"`
	UID    int   `json:"uid"`
	GID    int   `json:"gid"`
	Groups []int `json:"groups"`
	// NoNewPrivileges bars the program from gaining rights by executing others.
	NoNewPrivileges bool `json:"noNewPrivileges"`
}

// Mount shows a file or folder of the host at a path of the container.
type Mount struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

func readPlan() (Plan, error) {
	file := os.NewFile(PlanFD, "plan")
	if file == nil {
		return Plan{}, fmt.Errorf("file descriptor %d is not open", PlanFD)
	}
	defer func() { _ = file.Close() }()
	var plan Plan
	if err := json.NewDecoder(file).Decode(&plan); err != nil {
		return Plan{}, fmt.Errorf("decode the plan: %w", err)
	}
	return plan, nil
}
