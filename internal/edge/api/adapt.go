package api

import (
	"context"

	"jaanch/internal/lab"
)

// The inputs that most operations share.
type (
	nothing     struct{}
	body[T any] struct{ Body T }
	byID        struct {
		ID lab.ID `path:"id" format:"uuid"`
	}
	bodyByID[T any] struct {
		ID   lab.ID `path:"id" format:"uuid"`
		Body T
	}
	create[T any] struct {
		Key  string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
		Body T
	}
	createByID[T any] struct {
		ID   lab.ID `path:"id" format:"uuid"`
		Key  string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
		Body T
	}
	keyed struct {
		Key string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
	}
	keyedByID struct {
		ID  lab.ID `path:"id" format:"uuid"`
		Key string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64" doc:"Made by the client once for one intent; a repeat gets the stored answer."`
	}
	out[T any] struct{ Body T }
	pdf        struct {
		ContentType string `header:"Content-Type" doc:"application/pdf"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
)

// The functions below turn a use case into an operation, by what it needs.

func answer[O any](o O, err error) (*out[O], error) {
	if err != nil {
		return nil, err
	}
	return &out[O]{Body: o}, nil
}

func get[O any](f func(context.Context) (O, error)) handler[nothing, out[O]] {
	return func(ctx context.Context, _ *nothing) (*out[O], error) { return answer(f(ctx)) }
}

func getByID[O any](f func(context.Context, lab.Actor, lab.ID) (O, error)) handler[byID, out[O]] {
	return func(ctx context.Context, in *byID) (*out[O], error) { return answer(f(ctx, actorOf(ctx), in.ID)) }
}

func ask[I, O any](f func(context.Context, I) (O, error)) handler[body[I], out[O]] {
	return func(ctx context.Context, in *body[I]) (*out[O], error) { return answer(f(ctx, in.Body)) }
}

func post[I, O any](f func(context.Context, lab.Actor, I) (O, error)) handler[body[I], out[O]] {
	return func(ctx context.Context, in *body[I]) (*out[O], error) { return answer(f(ctx, actorOf(ctx), in.Body)) }
}

func change[I, O any](f func(context.Context, lab.Actor, lab.ID, I) (O, error)) handler[bodyByID[I], out[O]] {
	return func(ctx context.Context, in *bodyByID[I]) (*out[O], error) {
		return answer(f(ctx, actorOf(ctx), in.ID, in.Body))
	}
}

func quiet[I any](f func(context.Context, lab.Actor, lab.ID, I) error) handler[bodyByID[I], struct{}] {
	return func(ctx context.Context, in *bodyByID[I]) (*struct{}, error) {
		return nil, f(ctx, actorOf(ctx), in.ID, in.Body)
	}
}

func once[I, O any](f func(context.Context, lab.Actor, string, I) (O, error)) handler[create[I], out[O]] {
	return func(ctx context.Context, in *create[I]) (*out[O], error) {
		return answer(f(ctx, actorOf(ctx), in.Key, in.Body))
	}
}

func onceByID[I, O any](f func(context.Context, lab.Actor, string, lab.ID, I) (O, error)) handler[createByID[I], out[O]] {
	return func(ctx context.Context, in *createByID[I]) (*out[O], error) {
		return answer(f(ctx, actorOf(ctx), in.Key, in.ID, in.Body))
	}
}
