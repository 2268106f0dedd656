package lab

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"time"
)

// Canonical writes the text that is hashed and signed: one line for each field, as name, colon, number of bytes of the
// value, colon, value, line feed. No value can be mistaken for the end of another, and every program can write the same.
// The zero Canonical is empty and ready.
type Canonical struct{ b strings.Builder }

// Line adds a field; an absent one has length 0.
func (c *Canonical) Line(name, value string) {
	c.b.WriteString(name)
	c.b.WriteByte(':')
	c.b.WriteString(strconv.Itoa(len(value)))
	c.b.WriteByte(':')
	c.b.WriteString(value)
	c.b.WriteByte('\n')
}

// Int adds a whole number.
func (c *Canonical) Int(name string, v int) { c.Line(name, strconv.Itoa(v)) }

// Bool adds "1" or "0".
func (c *Canonical) Bool(name string, v bool) {
	if v {
		c.Line(name, "1")
		return
	}
	c.Line(name, "0")
}

// Time adds a time as milliseconds since 1970 UTC; the zero time is absent.
func (c *Canonical) Time(name string, t time.Time) {
	if t.IsZero() {
		c.Line(name, "")
		return
	}
	c.Line(name, strconv.FormatInt(t.UnixMilli(), 10))
}

// Decimal adds a number as written; nil is absent.
func (c *Canonical) Decimal(name string, d *Decimal) {
	if d == nil {
		c.Line(name, "")
		return
	}
	c.Line(name, d.String())
}

// Bytes gives the text.
func (c *Canonical) Bytes() []byte { return []byte(c.b.String()) }

// Sum gives the SHA-256 of the text.
func (c *Canonical) Sum() [32]byte { return sha256.Sum256([]byte(c.b.String())) }
