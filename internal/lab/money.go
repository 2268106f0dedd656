package lab

import (
	"strconv"
	"strings"
)

// Paise is an amount of money in hundredths of a rupee. All money is integer paise; nothing is ever a float.
type Paise int64

// String gives the amount as people in India write it: "₹1,00,000.00", with the sign in front.
func (p Paise) String() string {
	sign := ""
	v := uint64(p)
	if p < 0 {
		sign, v = "-", uint64(-p)
	}
	rupees, rest := strconv.FormatUint(v/100, 10), v%100
	frac := strconv.FormatUint(rest, 10)
	if rest < 10 {
		frac = "0" + frac
	}
	return sign + "₹" + groupIndian(rupees) + "." + frac
}

// groupIndian puts a comma before the last three digits and before every two in front of them.
func groupIndian(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	head, tail := digits[:len(digits)-3], digits[len(digits)-3:]
	var parts []string
	for len(head) > 2 {
		parts = append([]string{head[len(head)-2:]}, parts...)
		head = head[:len(head)-2]
	}
	return strings.Join(append([]string{head}, append(parts, tail)...), ",")
}
