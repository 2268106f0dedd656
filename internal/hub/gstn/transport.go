package gstn

import (
	"bytes"
	"context"
	"maps"
	"net/http"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab/tree"
)

// Operation is one of the portal's calls.
type Operation int

// The calls.
const (
	Generate     Operation = iota // register a document
	Cancel                        // withdraw it within a day
	ByIRN                         // fetch by reference number
	ByDocument                    // fetch by kind, number and day
	Taxpayer                      // what the portal knows of a GSTIN
	SyncTaxpayer                  // the same, after it asked the GST system again
)

// Ask is what a call is about; each operation reads the fields that it needs.
type Ask struct {
	Document          *tree.Value // Generate
	IRN               string      // Cancel, ByIRN
	Reason, Remark    string      // Cancel: "1" duplicate, "2" data entry mistake, "3" order cancelled, "4" others
	Kind, Number, Day string      // ByDocument; the day as dd/MM/yyyy
	GSTIN             string      // Taxpayer, SyncTaxpayer
}

// Reply is what the portal said: data, or reasons why not.
type Reply struct {
	Data      *tree.Value
	Refused   []Refused
	Duplicate string // IRN of the document that is registered already; may be empty although it is
}

// Transport is a way to the portal. The outcome is Done whenever the portal itself answered, also with reasons; every
// other class says what became of the call on its way. A third provider differs in headers and paths alone.
type Transport interface {
	Do(ctx context.Context, op Operation, a Ask) (Reply, outbox.Outcome)
}

// exchange makes a call over HTTP. Statuses 401 and 403 come back as Done: the transport knows what they mean.
func exchange(ctx context.Context, client *outbound.Client, method, address string, header http.Header, body []byte) (outbound.Answer, outbox.Outcome) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return outbound.Answer{}, outbox.Outcome{Class: outbox.Halted, Code: "irp_address"}
	}
	maps.Copy(r.Header, header)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	switch {
	case err != nil:
		return answer, outbox.Unanswered(err)
	case answer.Status == http.StatusTooManyRequests:
		return answer, outbox.Outcome{Class: outbox.Later, Code: "http_429"}
	case answer.Status >= http.StatusInternalServerError:
		return answer, outbox.Outcome{Class: outbox.Unknown, Code: "http_5xx"}
	}
	return answer, outbox.Outcome{Class: outbox.Done}
}

// malformed is an answer that cannot be read: what was asked for may have been done.
func malformed() outbox.Outcome {
	return outbox.Outcome{Class: outbox.Unknown, Code: "answer_malformed"}
}

// duplicateOf finds the IRN that the portal names with a duplicate, wherever a transport puts it.
func duplicateOf(v *tree.Value) string {
	for _, name := range []string{"InfoDtls", "result", "info"} {
		notes := v.At(name)
		if notes.Kind() == tree.Text {
			notes = unfold(notes.Scalar())
		}
		for _, n := range notes.Items() {
			if n.At("InfCd").Scalar() == "DUPIRN" {
				return n.Walk("Desc", "Irn").Scalar()
			}
		}
	}
	return ""
}

// method gives the HTTP method of a call.
func (op Operation) method() string {
	if op == Generate || op == Cancel {
		return http.MethodPost
	}
	return http.MethodGet
}
