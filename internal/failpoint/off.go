//go:build !faults

package failpoint

// Enter marks that one path is inside the region.
func Enter(Region) {}

// Leave marks that it left.
func Leave(Region) {}

// AckEarly tells whether the planted defect is on: acknowledge before COMMIT.
func AckEarly() bool { return false }
