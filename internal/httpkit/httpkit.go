// Package httpkit is what the two HTTP APIs share: the router with its guards, typed operations with one form of error,
// sessions, limits, the live websocket, the embedded UI and the lab's own certificates. It knows nothing of either
// program's routes.
package httpkit
