package secret

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Rotation holds the keyset files while keys are added or retired. The primary key of the private keyset is the newest
// one; until the public keyset names it too, nothing is sealed to it.
type Rotation struct {
	privatePath, publicPath string
	lock                    *os.File
	private                 *keyset.Handle
}

// HoldKeyset takes the keyset files for changing, which must exist. It fails with ErrKeysetHeld while another process
// has them. The hold ends with Release, or with the process.
func HoldKeyset(privatePath, publicPath string) (*Rotation, error) {
	lock, err := os.Open(filepath.Dir(privatePath))
	if err != nil {
		return nil, fmt.Errorf("opening the folder of the private keyset: %w", err)
	}
	r := &Rotation{privatePath: privatePath, publicPath: publicPath, lock: lock}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrKeysetHeld
	}
	if err == nil {
		r.private, err = loadPrivate(privatePath)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("holding the keyset: %w", err), r.Release())
	}
	return r, nil
}

// Release lets others change the files.
func (r *Rotation) Release() error {
	if err := r.lock.Close(); err != nil {
		return fmt.Errorf("releasing the keyset: %w", err)
	}
	return nil
}

// Primary is the id of the newest key.
func (r *Rotation) Primary() (uint32, error) {
	primary, err := r.private.Primary()
	if err != nil {
		return 0, fmt.Errorf("reading the keyset's primary key: %w", err)
	}
	return primary.KeyID(), nil
}

// Older are the ids of the other keys that still open.
func (r *Rotation) Older() ([]uint32, error) {
	primary, err := r.Primary()
	if err != nil {
		return nil, err
	}
	ids, err := keyIDs(r.private)
	return slices.DeleteFunc(ids, func(id uint32) bool { return id == primary }), err
}

// Published reports whether the public keyset seals to the newest key.
func (r *Rotation) Published() (bool, error) {
	primary, err := r.Primary()
	if err != nil {
		return false, err
	}
	public, err := loadSealing(r.publicPath)
	return err == nil && public.primary == primary, err
}

// Add makes a new key and keeps it in the private keyset, which can open what is sealed to it from then on.
func (r *Rotation) Add() error {
	private, err := withNewPrimary(keyset.NewManagerFromHandle(r.private))
	if err != nil {
		return err
	}
	return r.keepPrivate(private)
}

// Publish replaces the public keyset by that of the private one: what is sealed from then on is sealed to the newest key.
func (r *Rotation) Publish() error {
	encoded, err := encodePublic(r.private)
	if err != nil {
		return err
	}
	if err := replace(r.publicPath, encoded, publicMode); err != nil {
		return fmt.Errorf("keeping the public keyset: %w", err)
	}
	return nil
}

// Retire disables the older keys. They stay in the file, for backups that need them.
func (r *Rotation) Retire() error {
	older, err := r.Older()
	if err != nil {
		return err
	}
	manager := keyset.NewManagerFromHandle(r.private)
	for _, id := range older {
		if err := manager.Disable(id); err != nil {
			return fmt.Errorf("disabling key %08x: %w", id, err)
		}
	}
	private, err := manager.Handle()
	if err != nil {
		return fmt.Errorf("making a keyset: %w", err)
	}
	return r.keepPrivate(private)
}

func (r *Rotation) keepPrivate(private *keyset.Handle) error {
	encoded, err := encodePrivate(private)
	if err != nil {
		return err
	}
	defer clear(encoded)
	if err := replace(r.privatePath, encoded, privateMode); err != nil {
		return fmt.Errorf("keeping the private keyset: %w", err)
	}
	r.private = private
	return nil
}
