package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// formFresh is for how long a form's offers are good.
const formFresh = time.Minute

// Form is what a form offers for a role and region, as of when, and the code of the last failure to find out.
type Form struct {
	ID        int64
	RoleID    int64
	Region    string
	Offers    []byte // JSON of Offers; nil before the first answer
	AsOf      time.Time
	CheckedAt time.Time
	Code      apperr.Code
}

// Offers returns what is known now and asks for news when that is older than a minute. It calls nobody.
func (s *Service) Offers(ctx context.Context, roleID int64, region string) (Form, Offers, error) {
	role, err := s.Store.Role(ctx, roleID)
	if err != nil {
		return Form{}, Offers{}, err
	}
	if role.State != RoleVerified {
		return Form{}, Offers{}, apperr.Of(apperr.CloudRoleUnverified)
	}
	if region == "" {
		region = role.Region
	}
	if err := checkRegion(region); err != nil {
		return Form{}, Offers{}, err
	}
	form, err := s.Store.Form(ctx, roleID, region)
	if apperr.CodeOf(err) == apperr.NotFound || err == nil && s.Now().Sub(form.CheckedAt) > formFresh {
		form, err = s.refreshForm(ctx, roleID, region)
	}
	if err != nil {
		return Form{}, Offers{}, fmt.Errorf("read the offers of role %d in %s: %w", roleID, region, err)
	}
	var offers Offers
	if form.Offers != nil {
		if err := json.Unmarshal(form.Offers, &offers); err != nil {
			return Form{}, Offers{}, fmt.Errorf("read the offers of role %d in %s: %w", roleID, region, err)
		}
	}
	return form, offers, nil
}

func (s *Service) refreshForm(ctx context.Context, roleID int64, region string) (form Form, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if form, err = tx.EnsureForm(ctx, roleID, region); err != nil {
			return err
		}
		return tx.Schedule(ctx, work.Ref{Kind: FormKind, Object: form.ID, Cluster: budgetOf(roleID)})
	})
	return form, err
}

// budgetOf is the budget of work that belongs to no cluster yet: each role has one of its own.
func budgetOf(roleID int64) int64 { return -roleID }

// StepForm fetches what a form offers.
func (m *Machine) StepForm(ctx context.Context, claim work.Claim) (work.Next, error) {
	form, err := m.Store.FormByID(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read form %d: %w", claim.Object, err)
	}
	if m.now().Sub(form.CheckedAt) <= formFresh {
		return work.Done(), nil
	}
	offers, err := m.fetchOffers(ctx, form)
	if ctx.Err() != nil {
		return work.Next{}, ctx.Err()
	}
	form.CheckedAt, form.Code = m.now(), codeOf(err)
	if err == nil {
		if form.Offers, err = json.Marshal(offers); err != nil {
			return work.Next{}, fmt.Errorf("render the offers: %w", err)
		}
		form.AsOf = form.CheckedAt
	} else {
		m.Log.WarnContext(ctx, "form not filled", slog.Int64("role", form.RoleID), said(err))
	}
	err = m.Store.Atomically(ctx, func(tx Tx) error {
		tx.Notify(FormTopic(form.RoleID, form.Region))
		return tx.UpdateForm(ctx, form)
	})
	if err != nil {
		return work.Next{}, fmt.Errorf("store the offers: %w", err)
	}
	return work.Done(), nil
}

func (m *Machine) fetchOffers(ctx context.Context, form Form) (Offers, error) {
	role, err := m.Store.Role(ctx, form.RoleID)
	if err != nil {
		return Offers{}, err
	}
	session, err := m.Cloud.Assume(ctx, Grant{
		Role: role, Region: form.Region, ExternalID: &role.ExternalID, Purpose: ToDescribe,
	})
	if err != nil {
		return Offers{}, err
	}
	return m.Cloud.Offers(ctx, session)
}

// FormTopic is announced when a form has news.
func FormTopic(roleID int64, region string) string {
	return "provision-form/" + itoa(roleID) + "/" + region
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
