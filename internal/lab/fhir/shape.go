package fhir

import (
	"strings"

	"jaanch/internal/lab/tree"
)

// check is one judgement of a document.
type check struct {
	tree.Judge

	entries    map[string]*tree.Value // fullUrl to resource
	document   bool                   // every reference must end inside
	references []reference
	unchecked  map[string]bool // profiles claimed that are not known here
}

// reference is a place that points at another resource.
type reference struct {
	value *tree.Value // the Reference object
	path  string      // below the resource, without indexes
	owner *tree.Value // the resource that holds it
}

// resource judges one resource and everything below it.
func (c *check) resource(v *tree.Value) {
	if v.Kind() != tree.Object {
		c.Object(v)
		return
	}
	name := c.Text(v.At("resourceType"))
	s, known := types()[name]
	if name == "" {
		return
	}
	if !known || !s.isResource() {
		c.Wrong(v.At("resourceType").Path(), "resource_type", "is no resource type of a health record")
		return
	}
	c.shape(v, s, v, "")
	c.profiles(v, name)
}

// shape judges an object by the structure of its type.
func (c *check) shape(v *tree.Value, s structure, owner *tree.Value, below string) {
	if c.Object(v).Kind() != tree.Object {
		return
	}
	if len(v.Members()) == 0 {
		c.Wrong(v.Path(), "empty", "is empty")
		return
	}
	chosen := map[string]string{}
	for _, m := range v.Members() {
		name, extension := strings.CutPrefix(m.Name, "_")
		if m.Name == "resourceType" && s.isResource() {
			continue
		}
		e, ok := s.elements[name]
		if !ok || extension && primitives[e.kind] == nil {
			c.Wrong(m.Value.Path(), "unknown", "is no element of "+s.name)
			continue
		}
		if other := chosen[e.choice]; e.choice != "" && other != "" && other != name {
			c.Wrong(m.Value.Path(), "choice", "stands beside "+other+", of which only one may stand")
		}
		chosen[e.choice] = name
		if extension {
			e.kind = "Element"
		}
		c.member(m.Value, e, owner, joined(below, name), extension)
	}
	for _, name := range s.order {
		if e := s.elements[name]; e.required && v.At(name).Kind() <= tree.Null && !v.At("_"+name).Has() {
			c.Wrong(v.At(name).Path(), "missing", "is missing")
		}
	}
	c.invariants(v, s.name)
}

// member judges what stands under one name: a value, or a list of them.
func (c *check) member(v *tree.Value, e element, owner *tree.Value, below string, nulls bool) {
	if !e.many {
		c.value(v, e, owner, below)
		return
	}
	if v.Kind() != tree.List {
		c.Wrong(v.Path(), "kind", "must be a list, not "+v.Kind().String())
		return
	}
	if len(v.Items()) == 0 {
		c.Wrong(v.Path(), "empty", "is empty")
	}
	for _, it := range v.Items() {
		if it.Kind() == tree.Null && (nulls || primitives[e.kind] != nil) {
			continue
		}
		c.value(it, e, owner, below)
	}
}

func (c *check) value(v *tree.Value, e element, owner *tree.Value, below string) {
	if primitives[e.kind] != nil {
		c.primitive(v, e)
		if e.name == "div" && v.Kind() == tree.Text {
			c.narrative(v)
		}
		return
	}
	if e.kind == "ResourceList" {
		c.resource(v)
		return
	}
	if e.kind == "Reference" {
		c.references = append(c.references, reference{v, below, owner})
	}
	c.shape(v, types()[e.kind], owner, below)
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// invariants are the rules of R4 beyond structure that a wrong record breaks in practice; the names are HL7's.
func (c *check) invariants(v *tree.Value, name string) {
	switch name {
	case "Reference": // ref-1 and the base rule
		if !v.At("reference").Has() && !v.At("identifier").Has() && !v.At("display").Has() {
			c.Wrong(v.Path(), "ref-1", "points at nothing")
		}
	case "Extension": // ext-1
		value := false
		for _, m := range v.Members() {
			value = value || strings.HasPrefix(m.Name, "value")
		}
		if value == v.At("extension").Has() {
			c.Wrong(v.Path(), "ext-1", "must have either a value or extensions")
		}
	case "Attachment": // att-1
		if v.At("data").Has() && !v.At("contentType").Has() {
			c.Wrong(v.At("contentType").Path(), "att-1", "is missing where there is data")
		}
	case "Quantity": // qty-3
		if v.At("code").Has() && !v.At("system").Has() {
			c.Wrong(v.At("system").Path(), "qty-3", "is missing where there is a code")
		}
	case "Period": // per-1, by text, which orders times of one zone and of whole days
		from, to := v.At("start").Scalar(), v.At("end").Scalar()
		if from != "" && to != "" && len(from) == len(to) && from[len(from)-1] == to[len(to)-1] && from > to && sameZone(from, to) {
			c.Wrong(v.Path(), "per-1", "ends before it begins")
		}
	case "Observation": // obs-6
		if v.At("dataAbsentReason").Has() {
			for _, m := range v.Members() {
				if strings.HasPrefix(m.Name, "value") {
					c.Wrong(v.At("dataAbsentReason").Path(), "obs-6", "stands beside a value")
				}
			}
		}
	case "Organization": // org-1
		if !v.At("name").Has() && !v.At("identifier").Has() {
			c.Wrong(v.Path(), "org-1", "has neither name nor identifier")
		}
	}
}

func sameZone(a, b string) bool {
	return len(a) <= 10 || a[len(a)-6:] == b[len(b)-6:] || strings.HasSuffix(a, "Z") && strings.HasSuffix(b, "Z")
}
