package fhir

import (
	"regexp"
	"slices"
	"strings"

	"jaanch/internal/lab/tree"
)

// Record is what was understood of a document: counts and types, nothing of a person.
type Record struct {
	Resource  string         // resourceType of the document
	Profile   string         // short name of the NRCeS profile of the document, or of its Composition
	Entries   int            // of a bundle
	Resources map[string]int // types in it
	Unchecked []string       // profiles claimed that this program does not know; base R4 was judged
}

// Judge reads a document and says whether it is a record that we send or accept: a bundle, or one resource alone.
func Judge(raw []byte) (Record, error) {
	v, err := tree.Parse(raw, MaxBytes)
	if err != nil {
		return Record{}, err
	}
	return JudgeTree(v)
}

// JudgeTree is Judge for a document that has been read or made.
func JudgeTree(v *tree.Value) (Record, error) {
	c := &check{entries: map[string]*tree.Value{}, unchecked: map[string]bool{}}
	r := Record{Resource: v.At("resourceType").Scalar(), Resources: map[string]int{}}
	if r.Resource == "Bundle" {
		c.gather(v, &r)
	} else {
		r.Profile = shortProfile(v)
	}
	c.resource(v)
	if r.Resource == "Bundle" {
		c.bundle(v)
	}
	for name := range c.unchecked {
		r.Unchecked = append(r.Unchecked, name)
	}
	slices.Sort(r.Unchecked)
	return r, c.Err("fhir_invalid", "This is no valid health record.")
}

// gather notes the entries by their address before anything points at them.
func (c *check) gather(v *tree.Value, r *Record) {
	c.document = v.At("type").Scalar() == "document" || v.At("type").Kind() != tree.Text
	for i, e := range v.At("entry").Items() {
		res := e.At("resource")
		r.Entries++
		r.Resources[res.At("resourceType").Scalar()]++
		if i == 0 {
			r.Profile = shortProfile(res)
		}
		if u := e.At("fullUrl").Scalar(); u != "" {
			if c.entries[u] != nil {
				c.Wrong(e.At("fullUrl").Path(), "twice", "stands twice")
			}
			c.entries[u] = res
		}
	}
}

func shortProfile(v *tree.Value) string {
	for _, u := range v.Walk("meta", "profile").Items() {
		if name, ok := strings.CutPrefix(u.Scalar(), Profiles); ok {
			return name
		}
	}
	return ""
}

var fullURL = regexp.MustCompile(`^urn:uuid:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// bundle judges what makes a bundle a document.
func (c *check) bundle(v *tree.Value) {
	if !c.document {
		c.Wrong(v.At("type").Path(), "fixed", "must be document")
		return
	}
	if !claims(v, "DocumentBundle") {
		c.Wrong(v.At("meta").At("profile").Path(), "profile", "does not name DocumentBundle")
		c.needs(v, profiles()["DocumentBundle"])
	}
	entries := c.List(v.At("entry"))
	if len(entries) == 0 {
		return
	}
	first := entries[0].At("resource")
	if first.At("resourceType").Scalar() != "Composition" {
		c.Wrong(first.At("resourceType").Path(), "first_entry", "must be Composition: a document begins with it")
	}
	for _, e := range entries {
		c.Object(e.At("resource"))
		if u := c.Text(e.At("fullUrl")); u != "" && !fullURL.MatchString(u) {
			c.Wrong(e.At("fullUrl").Path(), "full_url", "must be urn:uuid: and a UUID")
		}
	}
	for _, r := range c.references {
		c.resolve(r)
	}
	c.onePatient(first)
}

// resolve follows one reference.
func (c *check) resolve(r reference) {
	at := r.value.At("reference")
	if !at.Has() {
		return
	}
	var target *tree.Value
	if id, ok := strings.CutPrefix(at.Scalar(), "#"); ok {
		target = contained(r.owner, id)
	} else if target = c.entries[at.Scalar()]; target == nil {
		target = c.relative(at.Scalar())
	}
	if target == nil {
		c.Wrong(at.Path(), "dangling", "points at nothing in this document")
		return
	}
	kind := target.At("resourceType").Scalar()
	if t := r.value.At("type"); t.Has() && t.Scalar() != kind {
		c.Wrong(t.Path(), "reference_type", "says another type than that of the resource it points at")
	}
	if allowed := targets(r); len(allowed) > 0 && !slices.Contains(allowed, kind) {
		c.Wrong(at.Path(), "reference_target", "points at a type of resource that is not allowed here")
	}
}

func targets(r reference) []string {
	var out []string
	for _, u := range r.owner.Walk("meta", "profile").Items() {
		if p := profiles()[strings.TrimPrefix(u.Scalar(), Profiles)]; p != nil {
			for path, kinds := range p.targets {
				base, choice := strings.CutSuffix(path, "[x]")
				if path == r.path || choice && r.path == base+"Reference" {
					out = append(out, kinds...)
				}
			}
		}
	}
	return out
}

func contained(owner *tree.Value, id string) *tree.Value {
	for _, v := range owner.At("contained").Items() {
		if v.At("id").Scalar() == id {
			return v
		}
	}
	return nil
}

// relative finds "Patient/ID" among the entries by type and id.
func (c *check) relative(ref string) *tree.Value {
	kind, id, ok := strings.Cut(ref, "/")
	if !ok {
		return nil
	}
	for _, v := range c.entries {
		if v.At("resourceType").Scalar() == kind && v.At("id").Scalar() == id {
			return v
		}
	}
	return nil
}

// onePatient: whose record it is must be said once. A result of another person in a bundle is the worst of mistakes.
func (c *check) onePatient(composition *tree.Value) {
	subject := composition.At("subject").At("reference").Scalar()
	if subject == "" {
		return
	}
	for _, r := range c.references {
		if r.path != "subject" && r.path != "patient" {
			continue
		}
		at := r.value.At("reference")
		if target := c.entries[at.Scalar()]; target.At("resourceType").Scalar() == "Patient" && at.Scalar() != subject {
			c.Wrong(at.Path(), "other_patient", "points at another patient than the record is of")
		}
	}
}
