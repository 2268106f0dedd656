package driver

import (
	"strings"
	"time"
)

// Time reads a time as instruments write it: YYYYMMDD, then HHMM, SS and a fraction where they are known, then a zone
// (+0530) where one is sent; otherwise it is in the instrument's own zone. A text with anything else in it, or with a
// day that does not exist, is no time: the digits stay with the observation as they were sent.
func Time(text string, zone *time.Location) (time.Time, bool) {
	digits, offset := text, ""
	if i := strings.IndexAny(text, "+-"); i >= 0 {
		digits, offset = text[:i], text[i:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	layout, ok := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}[len(whole)]
	if !ok || fraction != "" && len(whole) != 14 {
		return time.Time{}, false
	}
	value := whole
	if fraction != "" {
		layout, value = layout+".999999999", value+"."+fraction
	}
	if offset != "" {
		layout, value = layout+"-0700", value+offset
	}
	t, err := time.ParseInLocation(layout, value, zone)
	if err != nil || t.Year() < 1900 {
		return time.Time{}, false
	}
	return t, true
}
