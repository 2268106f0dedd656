package main

import "testing"

// What is wrong with a call is told apart from what is wrong with a file: 2 and 1.
func TestCheckEndsWithTwoForAWrongCall(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"nonsense", "f"}, {"gstin"}, {"gstin", "no-such-file"}} {
		var c payload
		if c.args(nil, args) == nil {
			t.Errorf("%v is no wrong call", args)
		}
	}
	var bare payload
	if err := bare.args(nil, nil); err != nil {
		t.Errorf("without a service the configuration is checked: %v", err)
	}
}
