// Package folder keeps a node's data folder safe: it lets one process alone serve it, and it watches the space on its
// disk. A disk that runs full is noticed while there is still room for what must go on: a reserve is given back first, so
// that prints and openings still leave their trace, and only new intake is refused until somebody frees space.
package folder
