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
		if e.choice != "" {
			c.chosen(m.Value, chosen, e.choice, name)
		}
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
	if rule := invariants[s.name]; rule != nil {
		rule(c, v)
	}
}

// chosen notes a second one of a choice.
func (c *check) chosen(v *tree.Value, chosen map[string]string, choice, name string) {
	if other := chosen[choice]; other != "" && other != name {
		c.Wrong(v.Path(), "choice", "stands beside "+other+", of which only one may stand")
	}
	chosen[choice] = name
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
