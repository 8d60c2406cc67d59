package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
)

// newRoleView is the form that begins with a role, as it was filled in.
type newRoleView struct {
	Name   string
	Group  string
	Region string
	Wrong  wrong
}

type roleView struct {
	Role    provision.Role
	Status  status
	Command string
	// QuickCreate opens the template in the account's console; empty when it was published nowhere.
	QuickCreate string
	// ARN, StackRoleARN and Region are as they were typed.
	ARN          string
	StackRoleARN string
	Region       string
	Wrong        wrong
}

func (h *Handler) newRole(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, "eks-role-new", "Add a role", newRoleView{Region: "eu-west-1"})
}

func (h *Handler) addRole(w http.ResponseWriter, r *http.Request) error {
	view := newRoleView{Name: typed(r, "name"), Group: typed(r, "group"), Region: typed(r, "region")}
	wanted := provision.NewRole{Name: view.Name, Level: cluster.Instance, Region: view.Region}
	if view.Group != "" {
		group, err := h.Tenant.Group(r.Context(), view.Group)
		if apperr.CodeOf(err) == apperr.NotFound {
			view.Wrong = wrong{Field: "group", Error: apperr.Of(apperr.NotFound).
				WithHint("Give the full path of a group, or nothing for the instance.")}
			return h.render(w, r, view.Wrong.Status(), "eks-role-new", "Add a role", view)
		}
		if err != nil {
			return err
		}
		wanted.Level, wanted.GroupID = cluster.Group, group.ID
	}
	role, err := h.Provisions.AddRole(r.Context(), wanted)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.render(w, r, refused.Status(), "eks-role-new", "Add a role", view)
	}
	if err != nil {
		return err
	}
	toRole(w, r, role)
	return nil
}

func (h *Handler) role(w http.ResponseWriter, r *http.Request) error {
	role, err := h.Provisions.Role(r.Context(), r.PathValue("role"))
	if err != nil {
		return err
	}
	return h.showRole(w, r, roleView{Role: role, ARN: role.ARN, StackRoleARN: role.StackRoleARN, Region: role.Region})
}

func (h *Handler) showRole(w http.ResponseWriter, r *http.Request, view roleView) error {
	view.Status = roleStatus(view.Role)
	if view.Role.Principal != "" {
		view.Command, view.QuickCreate = h.Bootstraps.Command(view.Role), h.Bootstraps.QuickCreate(view.Role)
	}
	return h.render(w, r, view.Wrong.Status(), "eks-role", view.Role.Name, view)
}

func (h *Handler) registerRole(w http.ResponseWriter, r *http.Request) error {
	view := roleView{ARN: typed(r, "arn"), StackRoleARN: typed(r, "stack_role"), Region: typed(r, "region")}
	return h.changeRole(w, r, view, func(id int64) error {
		_, err := h.Provisions.RegisterRole(r.Context(), id, provision.Registration{
			ARN: view.ARN, StackRoleARN: view.StackRoleARN, Region: view.Region,
		})
		return err
	})
}

func (h *Handler) verifyRole(w http.ResponseWriter, r *http.Request) error {
	return h.changeRole(w, r, roleView{}, func(id int64) error {
		_, err := h.Provisions.VerifyRole(r.Context(), id)
		return err
	})
}

// changeRole changes a role and shows it, or shows what was typed with what is wrong about it.
func (h *Handler) changeRole(w http.ResponseWriter, r *http.Request, view roleView, change func(id int64) error) error {
	role, err := h.Provisions.Role(r.Context(), r.PathValue("role"))
	if err != nil {
		return err
	}
	err = change(role.ID)
	if refused, ok := refusal(err); ok {
		view.Role, view.Wrong = role, refused
		return h.showRole(w, r, view)
	}
	if err != nil {
		return err
	}
	toRole(w, r, role)
	return nil
}

func (h *Handler) removeRole(w http.ResponseWriter, r *http.Request) error {
	role, err := h.Provisions.Role(r.Context(), r.PathValue("role"))
	if err != nil {
		return err
	}
	if err := h.Provisions.RemoveRole(r.Context(), role.ID); err != nil {
		return err
	}
	http.Redirect(w, r, "/eks", http.StatusSeeOther)
	return nil
}

// bootstrap hands out the template that makes the roles in an account.
func (h *Handler) bootstrap(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Content-Disposition", `attachment; filename="bootstrap.yaml"`)
	_, _ = w.Write(h.Bootstraps.Template()) // the reader is gone: nothing to do about it
	return nil
}

func toRole(w http.ResponseWriter, r *http.Request, role provision.Role) {
	http.Redirect(w, r, "/eks/roles/"+strconv.FormatInt(role.ID, 10), http.StatusSeeOther)
}

// typed is what was typed into a field, without the white space around it.
func typed(r *http.Request, field string) string { return strings.TrimSpace(r.PostFormValue(field)) }
