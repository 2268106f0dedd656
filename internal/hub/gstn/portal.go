package gstn

import (
	"context"
	"slices"
	"strings"
	"time"

	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// Portal registers documents so that nothing is registered twice and nothing that is not ours is taken for ours: what
// comes back is believed only when it is signed and says what was sent.
type Portal struct {
	Transport Transport
	Keys      Keys // that the portal signs with; without any an answer stays unverified
	Clock     func() time.Time
}

// CancelWithin is how long after its registration a document can be cancelled.
const CancelWithin = 24 * time.Hour

func has(reasons []Refused, codes ...string) bool {
	return slices.ContainsFunc(reasons, func(r Refused) bool { return slices.Contains(codes, r.Code) })
}

// sorted says what the portal's reasons mean for the message. All codes are told, since a document can have many faults.
func sorted(reasons []Refused) outbox.Outcome {
	codes, words := make([]string, 0, len(reasons)), make([]string, 0, len(reasons))
	out := outbox.Outcome{Class: outbox.Refused}
	for _, r := range reasons {
		codes, words = append(codes, r.Code), append(words, Sentence(r))
		switch {
		case r.Code == "1002", r.Code >= "1004" && r.Code <= "1019" && len(r.Code) == 4:
			out.Class = outbox.Halted
		case out.Class == outbox.Refused && slices.Contains([]string{"2141", "2146", "2147", "9999", ""}, r.Code):
			out.Class = outbox.Later
		}
	}
	out.Code, out.Detail = strings.Join(codes, ","), strings.Join(words, " ")
	return out
}

// Register sends a document. A duplicate is fetched and taken over only when it is the same document; a buyer who is not
// known is looked up anew at the GST system, once.
func (p *Portal) Register(ctx context.Context, document *tree.Value) (outbox.Outcome, Registration) {
	reply, out := p.Transport.Do(ctx, Generate, Ask{Document: document})
	if out.Class == outbox.Done && has(reply.Refused, "3028", "3029") && p.active(ctx, document.Walk("BuyerDtls", "Gstin").Scalar()) {
		reply, out = p.Transport.Do(ctx, Generate, Ask{Document: document})
	}
	switch {
	case out.Class != outbox.Done:
		return out, Registration{}
	case has(reply.Refused, "2150"):
		return p.adopt(ctx, document, reply.Duplicate)
	case len(reply.Refused) > 0:
		return sorted(reply.Refused), Registration{}
	}
	return p.taken(reply.Data, document)
}

// active asks the GST system whether a taxpayer is active.
func (p *Portal) active(ctx context.Context, gstin string) bool {
	reply, out := p.Transport.Do(ctx, SyncTaxpayer, Ask{GSTIN: gstin})
	return out.Class == outbox.Done && reply.Data.At("Status").Scalar() == "ACT"
}

// adopt takes a document over that is registered already, if it is ours.
func (p *Portal) adopt(ctx context.Context, document *tree.Value, irn string) (outbox.Outcome, Registration) {
	if !IsIRN(irn) {
		return p.Find(ctx, document)
	}
	return p.found(ctx, document, ByIRN, Ask{IRN: irn})
}

// Find asks what became of a document whose answer was lost: by its kind, number and day.
func (p *Portal) Find(ctx context.Context, document *tree.Value) (outbox.Outcome, Registration) {
	d := document.At("DocDtls")
	return p.found(ctx, document, ByDocument, Ask{Kind: d.At("Typ").Scalar(), Number: d.At("No").Scalar(), Day: d.At("Dt").Scalar()})
}

func (p *Portal) found(ctx context.Context, document *tree.Value, op Operation, a Ask) (outbox.Outcome, Registration) {
	reply, out := p.Transport.Do(ctx, op, a)
	switch {
	case out.Class == outbox.Unknown: // a question has no outcome of its own
		out.Class = outbox.Later
		return out, Registration{}
	case out.Class != outbox.Done:
		return out, Registration{}
	case has(reply.Refused, "2148", "2154"):
		return outbox.Outcome{Class: outbox.Absent}, Registration{}
	case len(reply.Refused) > 0:
		return sorted(reply.Refused), Registration{}
	}
	return p.taken(reply.Data, document)
}

// taken judges the portal's answer against what was sent. An answer that is signed wrongly, or with a certificate that is
// not installed, is no registration yet: it is asked for again until somebody installed the right one.
func (p *Portal) taken(data, document *tree.Value) (outbox.Outcome, Registration) {
	r, err := ReadAnswer(data, p.Keys)
	switch {
	case lab.CodeOf(err) == ErrUnknownKey.Code || lab.CodeOf(err) == ErrForgedJWS.Code:
		return outbox.Outcome{Class: outbox.Unknown, Code: lab.CodeOf(err)}, Registration{}
	case err != nil:
		return malformed(), Registration{}
	}
	if differs := r.differs(document); differs != "" {
		return outbox.Outcome{Class: outbox.Refused, Code: "irn_differs", Detail: "The portal has another document under this number: " + differs + " differs."}, Registration{}
	}
	if r.Status == "CNL" {
		return sorted([]Refused{{Code: "2278"}}), r
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: r.IRN}, r
}

// differs names the first thing in which a registration is not the document; the number without regard to case, since
// the portal writes it in capitals.
func (r *Registration) differs(document *tree.Value) string {
	number := document.Walk("DocDtls", "No").Scalar()
	irn, err := DocumentIRN(document.Walk("SellerDtls", "Gstin").Scalar(), document.Walk("DocDtls", "Typ").Scalar(), number, document.Walk("DocDtls", "Dt").Scalar())
	switch {
	case r.Seller != document.Walk("SellerDtls", "Gstin").Scalar():
		return "the seller"
	case r.Buyer != document.Walk("BuyerDtls", "Gstin").Scalar():
		return "the buyer"
	case r.Kind != document.Walk("DocDtls", "Typ").Scalar() || !strings.EqualFold(r.Number, number):
		return "the number"
	case r.Date != document.Walk("DocDtls", "Dt").Scalar():
		return "the day"
	case amount(tree.N(r.Total)).Cmp(amount(document.Walk("ValDtls", "TotInvVal"))) != 0:
		return "the total"
	case err != nil || r.IRN != irn:
		return "the reference number"
	}
	return ""
}

// Cancellation withdraws a registered document.
type Cancellation struct {
	IRN        string    `json:"irn"`
	Reason     string    `json:"reason"` // "1" duplicate, "2" data entry mistake, "3" order cancelled, "4" others
	Remark     string    `json:"remark"` // at most 100 characters; names nobody
	Registered time.Time `json:"registered"`
}

// Cancel withdraws a document. After 24 hours nothing is called: a credit note is the way then. A document that is
// cancelled already is a success.
func (p *Portal) Cancel(ctx context.Context, c Cancellation) outbox.Outcome {
	switch {
	case !IsIRN(c.IRN) || !slices.Contains([]string{"1", "2", "3", "4"}, c.Reason) || c.Remark == "" || len(c.Remark) > 100:
		return outbox.Outcome{Class: outbox.Refused, Code: "irp_cancellation"}
	case p.Clock().Sub(c.Registered) > CancelWithin:
		return sorted([]Refused{{Code: "2270"}})
	}
	reply, out := p.Transport.Do(ctx, Cancel, Ask{IRN: c.IRN, Reason: c.Reason, Remark: c.Remark})
	switch {
	case out.Class != outbox.Done:
		return out
	case has(reply.Refused, "9999") && strings.Contains(reply.Refused[0].Message, "not active"):
		return outbox.Outcome{Class: outbox.Done, ProviderID: c.IRN}
	case len(reply.Refused) > 0:
		return sorted(reply.Refused)
	case reply.Data.At("Irn").Scalar() != c.IRN:
		return malformed()
	}
	return outbox.Outcome{Class: outbox.Done, ProviderID: c.IRN}
}

// Cancelled asks whether a document is cancelled: Done when it is, Absent while it stands.
func (p *Portal) Cancelled(ctx context.Context, irn string) outbox.Outcome {
	reply, out := p.Transport.Do(ctx, ByIRN, Ask{IRN: irn})
	switch {
	case out.Class == outbox.Unknown:
		out.Class = outbox.Later
		return out
	case out.Class != outbox.Done:
		return out
	case len(reply.Refused) > 0:
		return sorted(reply.Refused)
	case reply.Data.At("Irn").Scalar() != irn:
		return outbox.Outcome{Class: outbox.Later, Code: "answer_malformed"}
	case reply.Data.At("Status").Scalar() == "CNL":
		return outbox.Outcome{Class: outbox.Done, ProviderID: irn}
	}
	return outbox.Outcome{Class: outbox.Absent}
}
