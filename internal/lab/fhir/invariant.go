package fhir

import (
	"strings"

	"jaanch/internal/lab/tree"
)

// invariants are the rules of R4 beyond structure that a wrong record breaks in practice, by the type they are of; the
// names are HL7's.
var invariants = map[string]func(c *check, v *tree.Value){
	"Reference": func(c *check, v *tree.Value) { // ref-1 and the base rule
		if !v.At("reference").Has() && !v.At("identifier").Has() && !v.At("display").Has() {
			c.Wrong(v.Path(), "ref-1", "points at nothing")
		}
	},
	"Extension": func(c *check, v *tree.Value) {
		if hasChoice(v, "value") == v.At("extension").Has() {
			c.Wrong(v.Path(), "ext-1", "must have either a value or extensions")
		}
	},
	"Attachment": func(c *check, v *tree.Value) {
		if v.At("data").Has() && !v.At("contentType").Has() {
			c.Wrong(v.At("contentType").Path(), "att-1", "is missing where there is data")
		}
	},
	"Quantity": func(c *check, v *tree.Value) {
		if v.At("code").Has() && !v.At("system").Has() {
			c.Wrong(v.At("system").Path(), "qty-3", "is missing where there is a code")
		}
	},
	"Period": func(c *check, v *tree.Value) {
		if from, to := v.At("start").Scalar(), v.At("end").Scalar(); ordered(from, to) && from > to {
			c.Wrong(v.Path(), "per-1", "ends before it begins")
		}
	},
	"Observation": func(c *check, v *tree.Value) {
		if v.At("dataAbsentReason").Has() && hasChoice(v, "value") {
			c.Wrong(v.At("dataAbsentReason").Path(), "obs-6", "stands beside a value")
		}
	},
	"Organization": func(c *check, v *tree.Value) {
		if !v.At("name").Has() && !v.At("identifier").Has() {
			c.Wrong(v.Path(), "org-1", "has neither name nor identifier")
		}
	},
}

// ordered says whether two times are ordered by their texts: of the same length and the same zone.
func ordered(a, b string) bool {
	switch {
	case a == "" || len(a) != len(b):
		return false
	case len(a) <= 10 || strings.HasSuffix(a, "Z") && strings.HasSuffix(b, "Z"):
		return true
	}
	return a[len(a)-6:] == b[len(b)-6:]
}
