package cluster

import (
	"context"
	"fmt"
)

// ItemKind says what an item of an inventory is.
type ItemKind string

// The kinds of items.
const (
	ItemNamespace   ItemKind = "namespace"
	ItemApplication ItemKind = "application"
	// ItemIdentity is the account that we made for ourselves, with its namespace.
	ItemIdentity ItemKind = "identity"
	// ItemInstallNamespace is the namespace of install pods, with what they left.
	ItemInstallNamespace ItemKind = "install_namespace"
	// ItemAccount is what an administrator applied for us: the printed manifest.
	ItemAccount ItemKind = "account"
)

// Fate says what cleaning up does with an item.
type Fate string

// The fates.
const (
	Goes Fate = "goes"
	// Optional goes only when that is asked for: people may depend on it.
	Optional Fate = "optional"
	// Stays was not made by us, or not for us alone.
	Stays Fate = "stays"
)

// Item is one thing that stands in a cluster because of us, as far as our own
// records tell.
type Item struct {
	Kind ItemKind
	Name string
	// ProjectID and EnvironmentID say whose namespace it is; the environment is
	// zero for that of a whole project.
	ProjectID     int64
	EnvironmentID int64
	// Version and Namespace are those of an application.
	Version   string
	Namespace string
	// Admin says that it can only be uninstalled with all rights in the cluster.
	Admin bool
	Fate  Fate
}

// Inventory lists what stands in a cluster because of us. It asks our own
// records only, so that it answers for a dead cluster, too.
func (s *Service) Inventory(ctx context.Context, clusterID int64) ([]Item, error) {
	if _, err := s.visible(ctx, clusterID); err != nil {
		return nil, fmt.Errorf("find the cluster to take stock of: %w", err)
	}
	items, err := s.Dependents.Inventory(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("take stock of cluster %d: %w", clusterID, err)
	}
	i, err := s.Identity(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("read the identity of cluster %d: %w", clusterID, err)
	}
	if i.UID != "" {
		items = append(items, Item{Kind: ItemIdentity, Name: s.specOf(i).Namespace, Fate: Goes})
	}
	if !i.InUse() {
		items = append(items, Item{Kind: ItemAccount, Name: Account, Fate: Stays})
	}
	return items, nil
}
