package gstn

import (
	"encoding/base64"
	"regexp"
	"strings"

	"jaanch/internal/lab/tree"
)

// IsIRN says whether a text has the form of a reference number.
func IsIRN(s string) bool { return irnShape.MatchString(s) }

// Refused is one reason of the portal. Codes outside our table are kept with their words.
type Refused struct{ Code, Message string }

var leading = regexp.MustCompile(`^\s*(\d{3,4})\s*:?\s*`)

// Refusals reads the reasons of a failed answer, in NIC's dress (ErrorDetails as a list, as JSON in a text, or as base64
// of that) and in a GSP's (codes at the head of the message). It is empty for an answer that did not fail.
func Refusals(v *tree.Value) []Refused {
	if inner := v.At("response"); inner.Kind() == tree.Object {
		v = inner
	}
	if s := v.At("success"); s.Has() && strings.EqualFold(s.Scalar(), "false") {
		var out []Refused
		for part := range strings.SplitSeq(v.At("message").Scalar(), ",") {
			if m := leading.FindStringSubmatch(part); m != nil {
				out = append(out, Refused{m[1], strings.TrimSpace(part[len(m[0]):])})
			} else if len(out) > 0 {
				out[len(out)-1].Message += "," + part
			}
		}
		if len(out) == 0 {
			out = []Refused{{"", v.At("message").Scalar()}}
		}
		return out
	}
	if s := v.At("Status"); s.Scalar() != "0" {
		return nil
	}
	details := v.At("ErrorDetails")
	if details.Kind() == tree.Text {
		details = unfold(details.Scalar())
	}
	var out []Refused
	for _, d := range details.Items() {
		out = append(out, Refused{d.At("ErrorCode").Scalar(), d.At("ErrorMessage").Scalar()})
	}
	if len(out) == 0 {
		out = []Refused{{"", "no reason given"}}
	}
	return out
}

// unfold reads JSON from a text, or from base64 in it.
func unfold(s string) *tree.Value {
	raw := []byte(s)
	if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s)); err == nil {
		raw = decoded
	}
	v, err := tree.Parse(raw, 1<<20)
	if err != nil {
		return nil
	}
	return v
}

// Refusal gives the reasons of a failed answer as one error, nil for an answer that did not fail.
func Refusal(v *tree.Value) error {
	var j tree.Judge
	for _, r := range Refusals(v) {
		j.Wrong("message", r.Code, Sentence(r))
	}
	return j.Err("portal_refused", "The portal refused.")
}

// sentences say what an accountant has to do, by the portal's codes.
var sentences = map[string]string{
	"1002": "The log-in to the portal is missing. Enter the API user of this GSTIN.", "1004": "The call lacked the GSTIN. Enter it in the settings.",
	"1005": "The portal's token has run out; it is renewed by itself.", "1006": "The API user name is missing. Enter it in the settings.",
	"1007": "The portal could not read the log-in. Install its present public key.", "1008": "The portal does not know this log-in. Check the API user and password.",
	"1010": "The client id or secret is wrong. Check what the portal or the GSP handed over.", "1013": "The portal could not read the password. Install its present public key.",
	"1014": "The API user is not active. Activate it on the portal.", "1015": "The API user is not of this GSTIN.", "1016": "The portal could not read our key. Install its present public key.",
	"1017": "The API user or password is wrong.", "1019": "The API user or password is wrong.",
	"2140": "The portal found faults in the invoice.", "2141": "The portal could not decrypt the invoice; it is sent again.", "2143": "The invoice is of another GSTIN than the log-in.",
	"2146": "The portal is busy; it is tried again.", "2147": "The portal is busy; it is tried again.", "2148": "The portal knows no such document.", "2154": "The portal knows no such document.",
	"2150": "This document is registered already. It is taken over when buyer, day and total are the same.", "2163": "The day of the document is in the future.",
	"2172": "Integrated tax stands on a supply within one state. Check the place of supply.", "2174": "Central and state tax stand on a supply between states. Check the place of supply.",
	"2176": "The HSN or SAC code is not known. Correct it at the test or package.", "2182": "The taxable values do not add up.", "2183": "The integrated tax does not add up.",
	"2184": "The central tax does not add up.", "2185": "The state tax does not add up.", "2186": "The cess does not add up.", "2187": "The state cess does not add up.",
	"2189": "The total of the invoice does not add up.", "2193": "The taxable value of a line is not its total less the discount.", "2194": "The value of a line does not add up.",
	"2211": "Seller and buyer have the same GSTIN.", "2212": "An unregistered buyer cannot get an e-invoice of this kind.", "2227": "Central and state tax differ.", "2234": "Central and state tax differ.",
	"2230": "The e-way bill of this invoice is alive; cancel it first.", "2233": "A line number stands twice.", "2258": "The seller's state is not that of the GSTIN.",
	"2265": "The buyer's state is not that of the GSTIN. Correct the client's address.", "2270": "More than 24 hours have passed: make a credit note instead.",
	"2278": "This number was registered and cancelled. Issue the invoice under a new number.", "2283": "The document is too old to be fetched from the portal.",
	"2294": "Integrated tax within a state needs reverse charge.", "3001": "The portal has no data for this.", "3028": "The buyer's GSTIN is not valid. Ask the client for the right one.",
	"3029": "The buyer's GSTIN is not active. Ask the client.", "4002": "The e-way bill of this invoice is alive; cancel it first.", "5002": "A field has not the form that the portal asks for.",
	"9999": "The portal says that the invoice is not active: it is cancelled already.",
}

// Sentence says what a refusal means. An unknown code comes with the portal's own words.
func Sentence(r Refused) string {
	if s := sentences[r.Code]; s != "" {
		return s
	}
	return r.Message
}
