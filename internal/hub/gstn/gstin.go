// Package gstn makes, judges and registers e-invoices: the document INV-01 version 1.1, its IRN, and the signed answer of
// the Invoice Registration Portal. Sources: NIC's sandbox pages for authentication v1.04 and generation v1.03.
package gstn

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

var looseGSTIN = regexp.MustCompile(`^[0-9]{2}[0-9A-Z]{13}$`)

// states are the first two digits that a GSTIN can have, with the place they stand for.
var states = map[string]string{
	"01": "Jammu and Kashmir", "02": "Himachal Pradesh", "03": "Punjab", "04": "Chandigarh", "05": "Uttarakhand", "06": "Haryana", "07": "Delhi",
	"08": "Rajasthan", "09": "Uttar Pradesh", "10": "Bihar", "11": "Sikkim", "12": "Arunachal Pradesh", "13": "Nagaland", "14": "Manipur",
	"15": "Mizoram", "16": "Tripura", "17": "Meghalaya", "18": "Assam", "19": "West Bengal", "20": "Jharkhand", "21": "Odisha", "22": "Chhattisgarh",
	"23": "Madhya Pradesh", "24": "Gujarat", "25": "Daman and Diu (until 2020)", "26": "Dadra and Nagar Haveli and Daman and Diu", "27": "Maharashtra",
	"28": "Andhra Pradesh (until 2014)", "29": "Karnataka", "30": "Goa", "31": "Lakshadweep", "32": "Kerala", "33": "Tamil Nadu", "34": "Puducherry",
	"35": "Andaman and Nicobar Islands", "36": "Telangana", "37": "Andhra Pradesh", "38": "Ladakh", "96": "Other country", "97": "Other territory",
	"99": "Centre jurisdiction",
}

// StateName gives the place of a state code, "" for none.
func StateName(code string) string { return states[code] }

// sandboxPANs are the taxpayers of NIC's test system; their GSTINs fail the check digit.
var sandboxPANs = map[string]bool{"AMBPG7773M": true, "AAAPH9357H": true, "AWGPV7107B": true, "ARZPT4384Q": true, "GSPMH1881G": true}

// CheckDigit gives the last character that the first fourteen of a GSTIN ask for. It is 0 where they are no such text.
func CheckDigit(first14 string) byte {
	if len(first14) != 14 {
		return 0
	}
	sum := 0
	for i := range 14 {
		v := strings.IndexByte(alphabet, first14[i])
		if v < 0 {
			return 0
		}
		v *= 1 + i%2
		sum += v/36 + v%36
	}
	return alphabet[(36-sum%36)%36]
}

// The ways in which a GSTIN is wrong.
var (
	ErrShape      = lab.Invalid("gstin_shape", "A GSTIN has two digits and thirteen capital letters or digits.")
	ErrState      = lab.Invalid("gstin_state", "A GSTIN begins with the code of a state; this is none.")
	ErrCheckDigit = lab.Invalid("gstin_check_digit", "The last character of the GSTIN does not fit the others: one of them is mistyped.")
)

// ParseGSTIN checks shape, state and check digit.
func ParseGSTIN(s string) error {
	switch {
	case !looseGSTIN.MatchString(s):
		return ErrShape
	case states[s[:2]] == "":
		return ErrState
	case CheckDigit(s[:14]) != s[14]:
		return ErrCheckDigit
	}
	return nil
}

// OfSandbox says whether a GSTIN is one of the test system's.
func OfSandbox(s string) bool { return len(s) == 15 && sandboxPANs[s[2:12]] }

// upperFrom is the day from which the portal hashes document numbers in capitals (GSTN advisory of 4 April 2025).
var upperFrom = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

// IRN gives the reference number that the portal makes for a document: it is never sent, only used to look for a
// document whose answer was lost.
func IRN(sellerGSTIN, kind, number string, day time.Time) string {
	year := billing.YearOf(lab.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()})
	if !day.Before(upperFrom) {
		number = strings.ToUpper(number)
	}
	sum := sha256.Sum256([]byte(sellerGSTIN + "20" + year.String() + kind + number))
	return hex.EncodeToString(sum[:])
}

// portalDay reads the portal's dd/MM/yyyy.
func portalDay(s string) (time.Time, bool) {
	t, err := time.Parse("02/01/2006", s)
	return t, err == nil
}

// DocumentIRN is IRN for a day as the portal writes it, dd/MM/yyyy.
func DocumentIRN(sellerGSTIN, kind, number, day string) (string, error) {
	at, ok := portalDay(day)
	if !ok {
		return "", lab.Invalid("gstn_day", "The day is not written as dd/MM/yyyy.")
	}
	return IRN(sellerGSTIN, kind, number, at), nil
}
