// Package setup holds the use cases of the first run and of everything that a lab sets up later: who the lab is, who
// may do what, the catalogue, printers, and the hub. The types with JSON tags are the shapes that the API shows.
package setup
