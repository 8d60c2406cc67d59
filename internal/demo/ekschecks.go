package demo

import (
	"context"
	"fmt"
	"strings"
)

// checkCreated asks both sides: what the server says, and what stands in the account.
func (s *show) checkCreated(ctx context.Context) error {
	var now struct {
		State      string `json:"state"`
		Percent    int    `json:"percent"`
		NodesReady int    `json:"nodes_ready"`
		Warning    *struct{ Code string }
	}
	if err := s.getJSON(ctx, "/api/v1/aws/clusters/"+eksName, &now); err != nil {
		return err
	}
	if now.State != "ready" || now.Percent != 100 || now.NodesReady != eksNodes || now.Warning != nil {
		return fmt.Errorf("the cluster is not as asked for: %+v", now)
	}
	made := s.stacks()
	if len(made) != 1 || made[0].Status != "CREATE_COMPLETE" || !made[0].Protected {
		return fmt.Errorf("the stacks in the account are %+v", made)
	}
	return nil
}

// checkDeleted looks for anything that is left of the cluster.
func (s *show) checkDeleted(ctx context.Context) error {
	var now struct {
		State string `json:"state"`
	}
	if err := s.getJSON(ctx, "/api/v1/aws/clusters/1", &now); err != nil { // its name is free again
		return err
	}
	if now.State != "deleted" {
		return fmt.Errorf("the cluster is %s", now.State)
	}
	if left := s.stacks(); len(left) > 0 {
		return fmt.Errorf("these stacks are left: %+v", left)
	}
	_, err := s.get(ctx, "/api/v1/clusters/"+eksName)
	if err == nil {
		return fmt.Errorf("the deleted cluster is still attached")
	}
	if !strings.Contains(err.Error(), "404") {
		return err
	}
	return nil
}
