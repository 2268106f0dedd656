package result

// Rule is one consistency rule by its stable code.
type Rule struct {
	Code string
	Text string
}

// Rules is filled in consistency rules below.
func Rules() []Rule { return nil }
