package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

// addBot makes the user that a group's or project's token acts as, and a member
// there with the token's role for as long as the token counts.
func addBot(ctx context.Context, tx Tx, token Token) (int64, error) {
	bot, err := tx.InsertUser(ctx, User{
		Username: botUsername(token), Name: token.Name, Kind: Bot, State: Active, CreatedAt: token.CreatedAt,
	})
	if err != nil {
		return 0, err
	}
	return bot.ID, tx.InsertMember(ctx, tenant.Member{
		Place: token.place(), UserID: bot.ID, Role: token.Role,
		CreatedAt: token.CreatedAt, CreatedBy: token.CreatedBy, ExpiresAt: token.ExpiresAt,
	})
}

// botUsername is a name of the predecessor's form, so that people know what they
// see in a list of members.
func botUsername(token Token) string {
	kind, id := "group", token.GroupID
	if token.Kind == ProjectToken {
		kind, id = "project", token.ProjectID
	}
	return fmt.Sprintf("%s_%d_bot_%s", kind, id, strings.ToLower(rand.Text()))
}

// keepBot lets a bot be a member for as long as its new token counts. One that
// was removed from the members stays removed.
func keepBot(ctx context.Context, tx Tx, token Token) error {
	if !token.hasBot() {
		return nil
	}
	member, err := tx.Member(ctx, token.place(), token.UserID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	member.ExpiresAt = token.ExpiresAt
	return tx.UpdateMember(ctx, member.Member)
}

// dismissBot ends what a bot was, once its only token has ended.
func dismissBot(ctx context.Context, tx Tx, token Token) error {
	if !token.hasBot() {
		return nil
	}
	bot, err := tx.FindUser(ctx, token.UserID)
	if err != nil {
		return err
	}
	bot.State = Blocked
	if err := tx.UpdateUser(ctx, bot); err != nil {
		return err
	}
	member, err := tx.Member(ctx, token.place(), token.UserID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.DeleteMember(ctx, member.ID)
}

// hasBot reports whether the token acts as a bot of its own.
func (t Token) hasBot() bool { return t.Kind == GroupToken || t.Kind == ProjectToken }

func (t Token) place() tenant.Place { return tenant.Place{GroupID: t.GroupID, ProjectID: t.ProjectID} }
