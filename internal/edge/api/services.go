package api

// Services are the use cases behind the operations.
type Services struct{}
