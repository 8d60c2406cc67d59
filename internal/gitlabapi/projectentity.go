package gitlabapi

import (
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// projectEntity is a project, shown alone. What Roadstead has no use for has the value that says so.
type projectEntity struct {
	projectBasics

	Visibility      string      `json:"visibility"`
	UpdatedAt       moment      `json:"updated_at"`
	CreatorID       *int64      `json:"creator_id"`
	Archived        bool        `json:"archived"`
	EmptyRepo       bool        `json:"empty_repo"`
	OpenIssues      int         `json:"open_issues_count"`
	ImportStatus    string      `json:"import_status"`
	RequestAccess   bool        `json:"request_access_enabled"`
	SharedWith      []struct{}  `json:"shared_with_groups"`
	MarkedForDelete *string     `json:"marked_for_deletion_on"`
	Permissions     permissions `json:"permissions"`
}

// permissions are the caller's roles: the highest counts, and is the one that is told.
type permissions struct {
	Project *accessEntity `json:"project_access"`
	Group   *accessEntity `json:"group_access"`
}

type accessEntity struct {
	AccessLevel       tenant.Role `json:"access_level"`
	NotificationLevel int         `json:"notification_level"`
}

// notifies is the predecessor's level of a member who chose none.
const notifies = 3

func (h *Handler) identityOf(c *call, p tenant.Project) (projectIdentity, error) {
	within, err := h.fullName(c, p.GroupID)
	return projectIdentity{
		ID: p.ID, Description: textOrNull(p.Description), Name: p.Name, NameWithNamespace: within + " / " + p.Name,
		Path: lastPart(p.Path), PathWithNamespace: p.Path, CreatedAt: moment(p.CreatedAt),
	}, err
}

func (h *Handler) project(c *call, p tenant.Project) (projectBasics, error) {
	identity, err := h.identityOf(c, p)
	if err != nil {
		return projectBasics{}, err
	}
	group, err := h.known(c, p.GroupID)
	return projectBasics{
		projectIdentity: identity, TagList: []string{}, Topics: []string{}, WebURL: c.base + "/" + p.Path,
		LastActivityAt: moment(p.UpdatedAt),
		Namespace: namespaceEntity{
			ID: group.ID, Name: group.Name, Path: lastPart(group.Path), Kind: "group", FullPath: group.Path,
			ParentID: numberOrNull(group.ParentID), WebURL: c.base + "/groups/" + group.Path,
		},
	}, err
}

func (h *Handler) wholeProject(c *call, p tenant.Project) (projectEntity, error) {
	basics, err := h.project(c, p)
	if err != nil {
		return projectEntity{}, err
	}
	role, err := h.Access.Role(c.ctx(), c.who, auth.Project(p.ID))
	whole := projectEntity{
		projectBasics: basics, Visibility: "private", UpdatedAt: moment(p.UpdatedAt), EmptyRepo: true, ImportStatus: "none",
		SharedWith: []struct{}{},
	}
	if role != tenant.NoRole {
		whole.Permissions.Project = &accessEntity{role, notifies}
	}
	return whole, err
}

// managementProject is the project that a cluster serves before others; null without one, or when it is gone.
func (h *Handler) managementProject(c *call, id int64) (*projectIdentity, error) {
	if id == 0 {
		return nil, nil //nolint:nilnil // null is the answer
	}
	p, err := h.Projects.Project(c.ctx(), idText(id))
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, err
	}
	shown, err := h.identityOf(c, p)
	return &shown, err
}
