package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

type membersView struct {
	place

	Search string
	Rows   []memberRow
	Pager  pager

	// Username, Level and Expires are what was typed to add somebody.
	Username string
	Level    tenant.Role
	Expires  string
	Wrong    wrong
}

type memberRow struct {
	tenant.ListedMember

	// Inherited says that the role was given in a group above.
	Inherited bool
	// Mine says that it is the reader's own.
	Mine bool
}

// memberView is the page on which one membership is changed or ended.
type memberView struct {
	place

	Member  tenant.ListedMember
	Level   tenant.Role
	Expires string
	Wrong   wrong
}

// Fields are the lines that add a member.
func (v membersView) Fields() []field {
	return []field{
		newField("username", "Username", v.Username, v.Wrong, "username").Needed(),
		newField("role", "Role", "", v.Wrong, "role").Of(v.roles(v.Level)),
		newField("expires", "Until", v.Expires, v.Wrong, "expires_at").As("date").Hinted("Empty: for good."),
	}
}

// Fields are the lines that change a membership.
func (v memberView) Fields() []field {
	return []field{
		newField("role", "Role", "", v.Wrong, "role").Of(v.roles(v.Level)),
		newField("expires", "Until", v.Expires, v.Wrong, "expires_at").As("date").Hinted("Empty: for good."),
	}
}

// roles are those that the reader may give: none above his own.
func (p place) roles(chosen tenant.Role) []choice {
	var all []choice
	for _, role := range tenant.Roles() {
		if role <= p.Role {
			all = append(all, choice{Value: role.String(), Text: capital(role.String()), Chosen: role == chosen})
		}
	}
	return all
}

// members is where the members of a place are looked for.
func (p place) members() tenant.Place {
	return tenant.Place{GroupID: p.Subject.GroupID, ProjectID: p.Subject.ProjectID}
}

func (p place) granter() tenant.Granter {
	return tenant.Granter{UserID: p.Who.UserID, Role: p.Role, Admin: p.Who.Admin}
}

func (h *Handler) members(w http.ResponseWriter, r *http.Request) error {
	return h.showMembers(w, r, membersView{place: here(r), Level: tenant.Developer})
}

func (h *Handler) showMembers(w http.ResponseWriter, r *http.Request, view membersView) error {
	turned := newPager(r, "page")
	view.Search = asked(r)
	rows, err := h.Tenant.Members(r.Context(), tenant.MemberQuery{
		Place: view.members(), Inherited: true, Search: view.Search, Page: turned.want(),
	})
	if err != nil {
		return err
	}
	rows, view.Pager = turn(turned, rows)
	for _, m := range rows {
		view.Rows = append(view.Rows, memberRow{ListedMember: m, Inherited: m.Place != view.members(), Mine: m.UserID == view.Who.UserID})
	}
	return h.render(w, r, view.Wrong.Status(), "members", "Members of "+view.Where(), view)
}

func (h *Handler) addMember(w http.ResponseWriter, r *http.Request) error {
	view := membersView{place: here(r), Username: typed(r, "username"), Expires: typed(r, "expires")}
	err := h.invite(r, &view)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showMembers(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, view.Path()+"/members", http.StatusSeeOther)
	return nil
}

func (h *Handler) invite(r *http.Request, view *membersView) (err error) {
	user, err := h.Auth.UserByName(r.Context(), view.Username)
	if apperr.CodeOf(err) == apperr.NotFound {
		return invalid("username", "Nobody has this username. People get one when they first sign in.")
	}
	if err != nil {
		return err
	}
	var until time.Time
	if view.Level, until, err = granted(r); err != nil {
		return err
	}
	_, err = h.Tenant.AddMember(r.Context(), view.granter(), tenant.NewMember{
		Place: view.members(), UserID: user.ID, Role: view.Level, ExpiresAt: until,
	})
	return err
}

// granted reads the role and the last day of a membership from a form.
func granted(r *http.Request) (tenant.Role, time.Time, error) {
	role, err := tenant.ParseRole(typed(r, "role"))
	if err != nil {
		return tenant.NoRole, time.Time{}, err
	}
	until, err := day("expires_at", typed(r, "expires"))
	return role, until, err
}

// day reads a date, empty for none. What ends on a day ends with its beginning, in UTC.
func day(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, invalid(field, "Write a date as 2006-01-02.")
	}
	return t, nil
}

func (h *Handler) member(w http.ResponseWriter, r *http.Request) error {
	member, err := h.findMember(r)
	if err != nil {
		return err
	}
	view := memberView{place: here(r), Member: member, Level: member.Role}
	if !member.ExpiresAt.IsZero() {
		view.Expires = member.ExpiresAt.UTC().Format(time.DateOnly)
	}
	return h.showMember(w, r, view)
}

func (h *Handler) showMember(w http.ResponseWriter, r *http.Request, view memberView) error {
	return h.render(w, r, view.Wrong.Status(), "member", view.Member.Name, view)
}

func (h *Handler) findMember(r *http.Request) (tenant.ListedMember, error) {
	id, err := strconv.ParseInt(r.PathValue("user"), 10, 64)
	if err != nil {
		return tenant.ListedMember{}, apperr.Of(apperr.NotFound)
	}
	return h.Tenant.Member(r.Context(), here(r).members(), id)
}

func (h *Handler) changeMember(w http.ResponseWriter, r *http.Request) error {
	return h.memberChanged(w, r, func(m tenant.ListedMember) error {
		role, until, err := granted(r)
		if err != nil {
			return err
		}
		_, err = h.Tenant.UpdateMember(r.Context(), here(r).granter(), m.Place, m.UserID, tenant.MemberChange{Role: &role, ExpiresAt: &until})
		return err
	})
}

func (h *Handler) removeMember(w http.ResponseWriter, r *http.Request) error {
	return h.memberChanged(w, r, func(m tenant.ListedMember) error {
		return h.Tenant.RemoveMember(r.Context(), here(r).granter(), m.Place, m.UserID)
	})
}

// memberChanged changes a membership and shows the members, or what is wrong about the change.
func (h *Handler) memberChanged(w http.ResponseWriter, r *http.Request, change func(m tenant.ListedMember) error) error {
	member, err := h.findMember(r)
	if err != nil {
		return err
	}
	err = change(member)
	if refused, ok := refusal(err); ok {
		view := memberView{place: here(r), Member: member, Level: member.Role, Expires: typed(r, "expires"), Wrong: refused}
		return h.showMember(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, here(r).Path()+"/members", http.StatusSeeOther) //nolint:gosec // a path of ours, by ids
	return nil
}

// invalid is what a form is told that reads wrong.
func invalid(field, hint string) error {
	return apperr.Of(apperr.ValidationFailed).WithField(field).WithHint(hint)
}
