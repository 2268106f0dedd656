package fhir

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab/tree"
)

const (
	dayPattern  = `\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	timePattern = `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?`
	zonePattern = `(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))`
)

// primitives are the shapes of R4's primitive types (hl7.org/fhir/R4/datatypes.html).
var primitives = map[string]*regexp.Regexp{
	"base64Binary": regexp.MustCompile(`^\s*([0-9a-zA-Z+/=]\s*)+$`),
	"boolean":      regexp.MustCompile(`^(true|false)$`),
	"canonical":    regexp.MustCompile(`^\S+$`),
	"code":         regexp.MustCompile(`^[^\s]+(\s[^\s]+)*$`),
	"date":         regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$`),
	"dateTime":     regexp.MustCompile(`^(\d{4}(-(0[1-9]|1[0-2]))?|` + dayPattern + `(T` + timePattern + zonePattern + `)?)$`),
	"decimal":      regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`),
	"id":           regexp.MustCompile(`^[A-Za-z0-9\-.]{1,64}$`),
	"instant":      regexp.MustCompile(`^` + dayPattern + `T` + timePattern + zonePattern + `$`),
	"integer":      regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`),
	"markdown":     regexp.MustCompile(`^[ \r\n\t\S]+$`),
	"oid":          regexp.MustCompile(`^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$`),
	"positiveInt":  regexp.MustCompile(`^[1-9][0-9]*$`),
	"string":       regexp.MustCompile(`^[ \r\n\t\S]+$`),
	"time":         regexp.MustCompile(`^` + timePattern + `$`),
	"unsignedInt":  regexp.MustCompile(`^(0|[1-9][0-9]*)$`),
	"uri":          regexp.MustCompile(`^\S+$`),
	"url":          regexp.MustCompile(`^\S+$`),
	"xhtml":        regexp.MustCompile(`(?s)^<div.*</div>$`),
	"uuid":         regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`),
}

func kindOf(primitive string) tree.Kind {
	switch primitive {
	case "boolean":
		return tree.Bool
	case "decimal", "integer", "positiveInt", "unsignedInt":
		return tree.Number
	}
	return tree.Text
}

// primitive judges one primitive value.
func (c *check) primitive(v *tree.Value, e element) {
	if v.Kind() != kindOf(e.kind) {
		c.Wrong(v.Path(), "kind", "must be "+kindOf(e.kind).String()+", not "+v.Kind().String())
		return
	}
	s := v.Scalar()
	if !primitives[e.kind].MatchString(s) {
		c.Wrong(v.Path(), "shape", "has not the shape of the type "+e.kind)
		return
	}
	if len(e.codes) > 0 {
		if !slices.Contains(e.codes, s) {
			c.Wrong(v.Path(), "code", "is not one of the codes of this element")
		}
		return
	}
	switch e.kind {
	case "date", "dateTime", "instant":
		if len(s) >= 10 {
			if _, err := time.Parse(time.DateOnly, s[:10]); err != nil {
				c.Wrong(v.Path(), "day", "is a day that no calendar has")
			}
		}
	case "base64Binary":
		if _, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), "")); err != nil {
			c.Wrong(v.Path(), "base64", "is not base64")
		}
	}
}

// narrative judges the XHTML of a text: one well-formed div without anything that runs.
func (c *check) narrative(v *tree.Value) {
	d := xml.NewDecoder(strings.NewReader(v.Scalar()))
	d.Entity = xml.HTMLEntity
	first := true
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && !first {
			return
		}
		if err != nil {
			c.Wrong(v.Path(), "xhtml", "is not well-formed XHTML")
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if first && (start.Name.Local != "div" || start.Name.Space != "http://www.w3.org/1999/xhtml") {
			c.Wrong(v.Path(), "xhtml", "must be one div of XHTML")
			return
		}
		first = false
		switch strings.ToLower(start.Name.Local) {
		case "script", "form", "iframe", "object", "base", "link", "frame", "input":
			c.Wrong(v.Path(), "xhtml_active", "holds an element that no narrative may have")
			return
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
				c.Wrong(v.Path(), "xhtml_active", "holds an attribute that no narrative may have")
				return
			}
		}
	}
}
