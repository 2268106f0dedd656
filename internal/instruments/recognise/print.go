package recognise

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes a finding for people at a terminal: what the line is, which profile fits and why, and the codes to map.
func (f Finding) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "framing\t%s\n", familyWords(f.Family))
	if f.Protocol != "" {
		fmt.Fprintf(&b, "protocol\t%s\n", strings.ToUpper(string(f.Protocol)))
	}
	fmt.Fprintf(&b, "received\t%d bytes, %d message(s), plausible to %d %%\n", f.Bytes, f.Messages, f.Plausible)
	if f.Parity != "" {
		fmt.Fprintf(&b, "parity\t%s, seven data bits\n", f.Parity)
	}
	if f.Model != "" {
		fmt.Fprintf(&b, "calls itself\t%s\n", strings.TrimSpace(strings.Join([]string{f.Model, f.Version, f.Serial}, " ")))
	}
	for _, r := range f.Reasons {
		fmt.Fprintf(&b, "because\t%s\n", ReasonWords(r))
	}
	for i, p := range f.Proposals {
		label := "or"
		if i == 0 {
			label = "proposal"
		}
		fmt.Fprintf(&b, "%s\t%s (%s), %d %%\n", label, p.Profile, p.Name, p.Confidence)
		for _, r := range p.Reasons {
			fmt.Fprintf(&b, "\t- %s\n", ReasonWords(r))
		}
	}
	for i, c := range f.Codes {
		label := ""
		if i == 0 {
			label = "codes"
		}
		fmt.Fprintf(&b, "%s\t%s  %s\n", label, c.Code, strings.TrimSpace(strings.Join([]string{c.Name, c.LOINC, c.Unit, "(" + string(c.Role) + ")"}, " ")))
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	if _, err := io.WriteString(t, b.String()); err != nil {
		return fmt.Errorf("print a finding: %w", err)
	}
	return t.Flush()
}

// familyWords says in English what a family is, and what to do where nothing is read.
func familyWords(f Family) string {
	return map[Family]string{
		Silent:     "nothing came: let the analyzer send a result, and check the cable (a null-modem cable is usual)",
		Unknown:    "bytes that fit no protocol that is known here; they can be kept and looked at",
		Noise:      "bytes of another speed or parity",
		ASTMFrames: "ASTM frames (E1381, LIS01)",
		ASTMCalls:  "ASTM: the analyzer calls (ENQ) and waits for an answer",
		ASTMBlock:  "ASTM records between SOH and EOT, without frames",
		ASTMBare:   "ASTM records without frames",
		HL7Blocks:  "HL7 in MLLP blocks",
		HL7Bare:    "HL7 segments without blocks",
		BeckmanAU:  "Beckman Coulter AU's own framing",
		Vidas:      "bioMérieux mini VIDAS",
		Dimension:  "Siemens Dimension's own framing",
		Printer:    "lines of text, as for a printer",
	}[f]
}

// ReasonWords says a reason in English.
func ReasonWords(r Reason) string {
	text := map[string]string{
		"calls":         "it sent ENQ, the call of an ASTM sender",
		"checksums":     "the checksums of its frames are right",
		"mllp_block":    "an MLLP block begins with an MSH segment",
		"header_record": "a header record (H) with its delimiters",
		"frame_start":   "a frame begins with its number and a record",
		"soh_block":     "a header record stands behind SOH",
		"msh_segment":   "an MSH segment",
		"vidas_text":    "a result line of a mini VIDAS",
		"au_type":       "a message type of the AU series",
		"fs_fields":     "fields separated by FS",
		"text_lines":    "nothing but text and line ends",
		"stray_bytes":   "bytes that no protocol uses",
		"parity_bit":    "every byte has the same parity",
		"protocol":      "the protocol alone: no model is named",
		"header":        "in its messages",
		"model_listed":  "the profile lists the model",
		"decode_fault":  "a message could not be read",
	}[r.Code]
	if text == "" {
		text = r.Code
	}
	if r.Detail == "" {
		return text
	}
	return text + ": " + r.Detail
}

// ReasonCodes gives the code of every reason, so that a test can hold the screens' words against them.
func ReasonCodes() []string {
	return []string{
		"calls", "checksums", "mllp_block", "header_record", "frame_start", "soh_block", "msh_segment", "vidas_text", "au_type", "fs_fields",
		"text_lines", "stray_bytes", "parity_bit", "protocol", "header", "model_listed", "decode_fault",
	}
}
