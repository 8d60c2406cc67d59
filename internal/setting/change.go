package setting

import (
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Change is what shall be different. Nil leaves a setting as it is.
//
//nolint:recvcheck // Set fills it, the others look into it
type Change struct {
	KeepOperationsDays *int
	KeepAuditDays      *int
	DefaultTokenDays   *int
	LongestTokenDays   *int
	SessionHours       *int
}

// Set adds to the change a setting that somebody typed.
func (c *Change) Set(name, text string) error {
	all := Numbers()
	i := slices.IndexFunc(all, func(n Number) bool { return n.Name == name })
	if i < 0 {
		return unknown(all)
	}
	value, err := all[i].parse(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	*all[i].in(c) = &value
	return nil
}

func unknown(all []Number) error {
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.Name
	}
	return apperr.Of(apperr.ValidationFailed).WithMessage("There is no such setting.").
		WithHint("The settings are " + strings.Join(names, ", ") + ".")
}

// difference is one setting that a change makes another.
type difference struct {
	name     string
	from, to int
}

// apply makes the change and returns what differs by it.
func (c Change) apply(s *Settings) (all []difference) {
	for _, n := range Numbers() {
		now, to := n.of(s), n.In(c)
		if to == nil || *to == *now {
			continue
		}
		all = append(all, difference{n.Name, *now, *to})
		*now = *to
	}
	return all
}

// check returns an error that names the first setting which cannot be so.
func (s Settings) check() error {
	for _, n := range Numbers() {
		if err := n.check(s); err != nil {
			return err
		}
	}
	if s.DefaultTokenDays > s.LongestTokenDays {
		return invalid("default_token_days",
			"Give at most longest_token_days, which is "+strconv.Itoa(s.LongestTokenDays)+", or change both at once.")
	}
	return nil
}
