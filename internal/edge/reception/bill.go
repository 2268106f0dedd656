package reception

import (
	"time"

	"jaanch/internal/lab"
)

// Discount takes an amount or a share off a bill. At most one of both is set.
type Discount struct {
	Amount  lab.Paise `json:"amount,omitempty" minimum:"0" doc:"In paise."`
	Percent string    `json:"percent,omitempty" maxLength:"6" doc:"A decimal, for example 5 or 7.5."`
	Reason  string    `json:"reason,omitempty" maxLength:"120"`
}

// BillInput is the bill of an order as the desk sets it.
type BillInput struct {
	Discount Discount       `json:"discount,omitempty"`
	Payments []PaymentInput `json:"payments,omitempty" maxItems:"5" doc:"Empty means later."`
	// Expected is what the desk saw as the total. A price that changed meanwhile is a conflict, never a surprise.
	Expected *lab.Paise `json:"expected_total,omitempty" doc:"The total that the person saw; another one is refused with both."`
}

// PaymentInput is money taken.
type PaymentInput struct {
	Mode      string    `json:"mode" enum:"cash,upi,card"`
	Amount    lab.Paise `json:"amount" minimum:"1" doc:"In paise."`
	Reference string    `json:"reference,omitempty" maxLength:"40" doc:"UPI or card reference, or the last four digits of it."`
}

// TakePayment takes money on an issued bill.
type TakePayment struct {
	Payments    []PaymentInput `json:"payments" minItems:"1" maxItems:"5"`
	ExpectedDue *lab.Paise     `json:"expected_due,omitempty" doc:"What the person saw as due; another amount is refused with both."`
}

// BillLine is one line of a bill.
type BillLine struct {
	Code     string    `json:"code"`
	Name     string    `json:"name"`
	Kind     string    `json:"kind" enum:"test,panel"`
	ID       lab.ID    `json:"id"`
	Price    lab.Paise `json:"price"`
	Discount lab.Paise `json:"discount"`
	Amount   lab.Paise `json:"amount"`
	ReportIn int       `json:"report_in_min,omitempty" doc:"Minutes until the report."`
	Colour   string    `json:"colour,omitempty" doc:"Cap colour of its tube."`
}

// BillTotal is the foot of a bill, in paise.
type BillTotal struct {
	Gross    lab.Paise `json:"gross"`
	Discount lab.Paise `json:"discount"`
	RoundOff lab.Paise `json:"round_off"`
	Net      lab.Paise `json:"net"`
	Paid     lab.Paise `json:"paid"`
	Due      lab.Paise `json:"due"`
	Earlier  lab.Paise `json:"earlier_due" doc:"Unpaid from earlier visits of the person."`
}

// Bill is an issued bill of supply. It is never changed after issue.
type Bill struct {
	ID       lab.ID     `json:"id"`
	Number   string     `json:"number"`
	IssuedAt time.Time  `json:"issued_at"`
	Lines    []BillLine `json:"lines"`
	Total    BillTotal  `json:"total"`
	Payments []Payment  `json:"payments"`
	Links    []PayLink  `json:"links" doc:"Where the person pays from a phone, newest first; withdrawn links are left out."`
	SAC      string     `json:"sac" doc:"999316: laboratory services, exempt."`
}

// Payment is one receipt.
type Payment struct {
	ID        lab.ID    `json:"id"`
	Number    string    `json:"number"`
	Mode      string    `json:"mode"`
	Amount    lab.Paise `json:"amount"`
	Reference string    `json:"reference,omitempty"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
}

// PayLink is a payment page that the hub had a gateway make for a bill. It says nothing about who pays.
type PayLink struct {
	ID        lab.ID    `json:"id"`
	Reference string    `json:"reference"`
	Amount    lab.Paise `json:"amount"`
	URL       string    `json:"url,omitempty" doc:"Absent until the gateway has made the page."`
	State     string    `json:"state" enum:"making,open,paid,failed"`
	Code      string    `json:"code,omitempty" doc:"Why it could not be made, in the gateway's word."`
	At        time.Time `json:"at" doc:"Of the last change."`
}
