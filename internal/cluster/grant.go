package cluster

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// Grant lets a cluster serve the projects of a group as if it belonged to it.
type Grant struct {
	ClusterID int64
	GroupID   int64
	CreatedAt time.Time
	// CreatedBy is the user who granted it; zero when nobody did.
	CreatedBy int64
}

// Remains says what becomes of the namespaces that a group's projects have in
// a cluster which is no longer granted to it.
type Remains string

// What may become of them. Without a word, there must be none.
const (
	Refuse Remains = ""
	// Leave leaves them in the cluster, and in our lists, as they are.
	Leave Remains = "leave"
	// CleanUp takes them out of the cluster in the background.
	CleanUp Remains = "clean_up"
)

// Grant lets a cluster serve the projects of a group and of the groups below.
// Granting what is granted changes nothing.
func (s *Service) Grant(ctx context.Context, clusterID, groupID int64) (g Grant, err error) {
	g = Grant{ClusterID: clusterID, GroupID: groupID, CreatedAt: s.Now(), CreatedBy: audit.ActorFrom(ctx).UserID}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		c, err := tx.Cluster(ctx, clusterID)
		if err != nil {
			return err
		}
		if err := grantable(c, groupID); err != nil {
			return err
		}
		fresh, err := tx.InsertGrant(ctx, g)
		if err != nil || !fresh {
			return err
		}
		tx.Notify("clusters")
		tx.Notify(topic(clusterID))
		return recordGrant(ctx, tx, "cluster.grant", c, groupID)
	})
	if err != nil {
		return Grant{}, fmt.Errorf("grant cluster %d to group %d: %w", clusterID, groupID, err)
	}
	return g, nil
}

// grantable refuses what would mix strangers up, or say nothing.
func grantable(c Cluster, groupID int64) error {
	switch {
	case c.State == Forgotten:
		return apperr.Of(apperr.NotFound)
	case c.State != Attached:
		return apperr.Of(apperr.Conflict).WithMessage("The cluster is not attached.")
	case c.Level == Project:
		return apperr.Of(apperr.Conflict).WithMessage("The cluster belongs to one project.").
			WithHint("Register it at a group or the instance to share it.")
	case c.GroupID == groupID:
		return apperr.Of(apperr.Conflict).WithMessage("The cluster belongs to this group already.")
	}
	return nil
}

// Revoke ends a grant. Namespaces that projects have in the cluster only by
// this grant keep it in force unless somebody says what becomes of them: if they
// go, the grant does not end without that being scheduled.
func (s *Service) Revoke(ctx context.Context, clusterID, groupID int64, remains Remains) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		c, err := tx.Cluster(ctx, clusterID)
		if err != nil {
			return err
		}
		if err := tx.DeleteGrant(ctx, clusterID, groupID); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, clusterID, groupID, remains); err != nil {
			return err
		}
		tx.Notify("clusters")
		tx.Notify(topic(clusterID))
		return recordGrant(ctx, tx, "cluster.revoke", c, groupID)
	})
	if err != nil {
		return fmt.Errorf("revoke cluster %d from group %d: %w", clusterID, groupID, err)
	}
	return nil
}

// settle says what becomes of the namespaces that are stranded.
func (s *Service) settle(ctx context.Context, tx Tx, clusterID, groupID int64, remains Remains) error {
	stranded, err := tx.Stranded(ctx, clusterID, groupID)
	switch {
	case err != nil, len(stranded) == 0, remains == Leave:
		return err
	case remains == Refuse:
		return apperr.Of(apperr.Conflict).
			WithMessage("Projects of the group have " + strconv.Itoa(len(stranded)) + " namespaces in the cluster.").
			WithHint(`Say what becomes of them: "leave" leaves them as they are, "clean_up" removes them (--namespaces on the command line).`)
	}
	for _, id := range stranded {
		if err := tx.RemoveNamespace(ctx, id, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

// recordGrant records a change of a grant for both sides: in the cluster's
// record, and in that of the group.
func recordGrant(ctx context.Context, tx Tx, action string, c Cluster, groupID int64) error {
	e := entry(action, c, map[string]string{"group": strconv.FormatInt(groupID, 10)})
	if err := tx.Record(ctx, e); err != nil {
		return err
	}
	e.GroupID, e.ProjectID = groupID, 0
	return tx.Record(ctx, e)
}

// Grants lists the groups that a cluster is granted to, the oldest grant first.
func (s *Service) Grants(ctx context.Context, clusterID int64) ([]Grant, error) {
	return s.Store.Grants(ctx, clusterID)
}

// GrantsTo lists what is granted to a group itself, the oldest grant first.
func (s *Service) GrantsTo(ctx context.Context, groupID int64) ([]Grant, error) {
	return s.Store.GrantsTo(ctx, groupID)
}
