package api

import (
	"context"
	"net/http"

	"jaanch/internal/httpkit"
	"jaanch/internal/hub/outreach"
	"jaanch/internal/hub/outreach/message"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/people"
)

// Conversations are those with people who wrote, the newest first.
type Conversations struct {
	Conversations []outside.Talk `json:"conversations"`
}

// ReplyText is what somebody at the hub writes back.
type ReplyText struct {
	Text string `json:"text" minLength:"1" maxLength:"4096"`
}

type contactPath struct {
	Contact string `path:"contact" maxLength:"64" pattern:"^[0-9a-f]+$"`
}

type replyInput struct {
	Contact string `path:"contact" maxLength:"64" pattern:"^[0-9a-f]+$"`
	Key     string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"80"`
	Body    ReplyText
}

func (r *routes) outreach() {
	manages := may(people.RoleOwner, people.RoleAdmin)
	mount(r, route{method: http.MethodGet, path: "/outreach", id: "outreach", tag: tagOutside, rule: manages, summary: "How people are written to, and in which words"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, _ *nothing) (*out[outreach.Outreach], error) {
			return answer(w.Outreach.Settings(ctx, s.Org))
		}))
	mount(r, route{method: http.MethodPost, path: "/outreach/settings", id: "setOutreach", tag: tagOutside, rule: manages, summary: "Change the ways of one kind of news"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *body[outreach.Setting]) (*nothing, error) {
			return &nothing{}, w.Outreach.Set(ctx, s.Org, in.Body)
		}))
	mount(r, route{method: http.MethodPost, path: "/outreach/texts", id: "setText", tag: tagOutside, rule: manages, summary: "Replace a text by the organisation's own"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *body[message.Template]) (*out[outreach.Text], error) {
			return answer(w.Outreach.SetText(ctx, s.Org, s.User, in.Body))
		}))
	mount(r, route{method: http.MethodPost, path: "/outreach/preview", id: "previewText", tag: tagOutside, rule: manages, summary: "What a text comes to, or what is wrong with it"},
		func(_ context.Context, _ httpkit.Session, in *body[message.Template]) (*out[outreach.Text], error) {
			return answer(outreach.Preview(in.Body))
		})
	mount(r, route{method: http.MethodGet, path: "/conversations", id: "conversations", tag: tagOutside, rule: manages, summary: "What people wrote back"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, _ *nothing) (*out[Conversations], error) {
			list, err := w.Talks(ctx, s.Org)
			return answer(Conversations{list}, err)
		}))
	mount(r, route{method: http.MethodGet, path: "/conversations/{contact}", id: "conversation", tag: tagOutside, rule: manages, summary: "One conversation; it counts as read from now on"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *contactPath) (*out[outside.Talk], error) {
			return answer(w.Talk(ctx, s.Org, in.Contact))
		}))
	mount(r, route{method: http.MethodPost, path: "/conversations/{contact}/reply", id: "reply", tag: tagOutside, rule: manages, summary: "Write back, within 24 hours of the person's last message"},
		needOutside(r, func(ctx context.Context, w *outside.Outside, s httpkit.Session, in *replyInput) (*nothing, error) {
			return &nothing{}, w.Reply(ctx, s.Org, s.User, in.Contact, in.Key, in.Body.Text)
		}))
}
