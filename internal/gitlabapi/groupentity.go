package gitlabapi

import (
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/tenant"
)

// groupBasics is what stands for a group beside something else.
type groupBasics struct {
	ID     int64  `json:"id"`
	WebURL string `json:"web_url"`
	Name   string `json:"name"`
}

func (c *call) groupBasics(g tenant.Group) groupBasics {
	return groupBasics{ID: g.ID, WebURL: c.base + "/groups/" + g.Path, Name: g.Name}
}

// groupEntity is a group. What Roadstead has no use for has the value that says so.
type groupEntity struct {
	groupBasics

	Path                 string     `json:"path"`
	Description          string     `json:"description"`
	Visibility           string     `json:"visibility"`
	ShareWithGroupLock   bool       `json:"share_with_group_lock"`
	TwoFactor            bool       `json:"require_two_factor_authentication"`
	TwoFactorGracePeriod int        `json:"two_factor_grace_period"`
	ProjectCreation      string     `json:"project_creation_level"`
	AutoDevops           bool       `json:"auto_devops_enabled"`
	SubgroupCreation     string     `json:"subgroup_creation_level"`
	EmailsDisabled       bool       `json:"emails_disabled"`
	EmailsEnabled        bool       `json:"emails_enabled"`
	MentionsDisabled     bool       `json:"mentions_disabled"`
	LFSEnabled           bool       `json:"lfs_enabled"`
	Archived             bool       `json:"archived"`
	DefaultBranch        *string    `json:"default_branch"`
	AvatarURL            *string    `json:"avatar_url"`
	RequestAccess        bool       `json:"request_access_enabled"`
	FullName             string     `json:"full_name"`
	FullPath             string     `json:"full_path"`
	CreatedAt            moment     `json:"created_at"`
	ParentID             *int64     `json:"parent_id"`
	SharedWithGroups     []struct{} `json:"shared_with_groups"`
	MarkedForDeletion    *string    `json:"marked_for_deletion_on"`
}

func (h *Handler) group(c *call, g tenant.Group) (groupEntity, error) {
	full, err := h.fullName(c, g.ID)
	return groupEntity{
		groupBasics: c.groupBasics(g), Path: lastPart(g.Path), Description: g.Description, Visibility: "private",
		ProjectCreation: "maintainer", SubgroupCreation: "maintainer",
		FullName: full, FullPath: g.Path, CreatedAt: moment(g.CreatedAt), ParentID: numberOrNull(g.ParentID),
		SharedWithGroups: []struct{}{},
	}, err
}

// fullName is the names of a group and those above, the outermost first.
func (h *Handler) fullName(c *call, groupID int64) (string, error) {
	var names []string
	for id := groupID; id != 0; {
		g, err := h.known(c, id)
		if err != nil {
			return "", err
		}
		names = append([]string{g.Name}, names...)
		id = g.ParentID
	}
	return strings.Join(names, " / "), nil
}

// learnGroups looks up in one go all groups that it takes to name the rows of a list.
func learnGroups[T any](h *Handler, c *call, rows []T, groupOf func(T) int64) error {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = groupOf(row)
	}
	slices.Sort(ids)
	groups, err := h.Groups.Lineage(c.ctx(), slices.Compact(ids))
	c.groups = make(map[int64]tenant.Group, len(groups))
	for _, g := range groups {
		c.groups[g.ID] = g
	}
	return err
}

// known finds a group once in a request.
func (h *Handler) known(c *call, id int64) (tenant.Group, error) {
	if g, ok := c.groups[id]; ok {
		return g, nil
	}
	g, err := h.Groups.Group(c.ctx(), idText(id))
	if err != nil {
		return tenant.Group{}, err
	}
	if c.groups == nil {
		c.groups = map[int64]tenant.Group{}
	}
	c.groups[id] = g
	return g, nil
}
