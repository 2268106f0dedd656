package api

import "jaanch/internal/edge/release"

// Services are the use cases behind the operations.
type Services struct {
	Release *release.Desk
}
