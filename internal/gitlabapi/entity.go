package gitlabapi

import (
	"path"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
)

// moment is a time as the predecessor writes it: UTC with milliseconds, never null where this type stands.
type moment time.Time

// MarshalJSON implements [json.Marshaler].
func (m moment) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(m).UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// momentOrNull is null for the zero time.
func momentOrNull(at time.Time) *moment {
	if at.IsZero() {
		return nil
	}
	return new(moment(at))
}

// day is a date without a time; null for the zero time.
func day(at time.Time) *string { return textOrNull(dateText(at)) }

func dateText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func numberOrNull(number int64) *int64 {
	if number == 0 {
		return nil
	}
	return &number
}

// userEntity is a user as others see him.
type userEntity struct {
	ID        int64   `json:"id"`
	Username  string  `json:"username"`
	Name      string  `json:"name"`
	State     string  `json:"state"`
	Locked    bool    `json:"locked"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    string  `json:"web_url"`
}

func (c *call) user(u auth.User) userEntity {
	return userEntity{
		ID: u.ID, Username: u.Username, Name: u.Name, State: string(u.State), WebURL: c.base + "/" + u.Username,
	}
}

// namespaceEntity is the group that a project is in.
type namespaceEntity struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Path      string  `json:"path"`
	Kind      string  `json:"kind"`
	FullPath  string  `json:"full_path"`
	ParentID  *int64  `json:"parent_id"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    string  `json:"web_url"`
}

// projectIdentity is the least that is told of a project.
type projectIdentity struct {
	ID                int64   `json:"id"`
	Description       *string `json:"description"`
	Name              string  `json:"name"`
	NameWithNamespace string  `json:"name_with_namespace"`
	Path              string  `json:"path"`
	PathWithNamespace string  `json:"path_with_namespace"`
	CreatedAt         moment  `json:"created_at"`
}

// projectBasics are a project's details. Roadstead keeps no repositories: what tells of one is null or nothing.
type projectBasics struct {
	projectIdentity

	DefaultBranch  *string         `json:"default_branch"`
	TagList        []string        `json:"tag_list"`
	Topics         []string        `json:"topics"`
	SSHURLToRepo   *string         `json:"ssh_url_to_repo"`
	HTTPURLToRepo  *string         `json:"http_url_to_repo"`
	WebURL         string          `json:"web_url"`
	ReadmeURL      *string         `json:"readme_url"`
	ForksCount     int             `json:"forks_count"`
	AvatarURL      *string         `json:"avatar_url"`
	StarCount      int             `json:"star_count"`
	LastActivityAt moment          `json:"last_activity_at"`
	Namespace      namespaceEntity `json:"namespace"`
}

// lastPart is the part of a full path that is a thing's own.
func lastPart(full string) string { return path.Base(full) }
