package bench

import (
	"time"

	"jaanch/internal/lab"
)

// Transfers are the newest messages to an analyzer, newest first.
type Transfers struct {
	Transfers []Transfer `json:"transfers"`
}

// Transfer is one message of orders on its way to an analyzer.
type Transfer struct {
	ID        lab.ID         `json:"id"`
	SampleID  lab.ID         `json:"sample_id"`
	Accession string         `json:"accession"`
	Kind      string         `json:"kind" enum:"order,cancel"`
	State     string         `json:"state" enum:"waiting,sent,refused,dropped"`
	Tests     []TransferTest `json:"tests"`
	Tries     int            `json:"tries"`
	Made      time.Time      `json:"made"`
	Sent      *time.Time     `json:"sent,omitempty" doc:"When the analyzer acknowledged it."`
	Next      *time.Time     `json:"next,omitempty" doc:"When it is tried again."`
	Problem   string         `json:"problem,omitempty" doc:"The analyzer's own reason, or why the line did not take it."`
}

// TransferTest is one test of a message, in the analyzer's code.
type TransferTest struct {
	Code  string `json:"code"`
	State string `json:"state" enum:"asked,refused,withdrawn"`
	Done  bool   `json:"done" doc:"A value came since."`
}

// ItemTransfer is how one test went to an analyzer.
type ItemTransfer struct {
	ID         lab.ID     `json:"id"`
	Instrument string     `json:"instrument"`
	Kind       string     `json:"kind" enum:"order,cancel"`
	State      string     `json:"state" enum:"waiting,sent,refused,dropped,withdrawn"`
	Tries      int        `json:"tries"`
	Made       time.Time  `json:"made"`
	Sent       *time.Time `json:"sent,omitempty"`
	Problem    string     `json:"problem,omitempty"`
}

// SendOrders asks for one sample's open tests to be sent now.
type SendOrders struct {
	SampleID lab.ID `json:"sample_id"`
}

// DecideTransfer tries a message again, or gives it up.
type DecideTransfer struct {
	Action string `json:"action" enum:"retry,drop"`
}
