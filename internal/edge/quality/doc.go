// Package quality keeps quality control: control materials with their lots and levels, what they should read on each
// analyzer, the runs that analyzers send, and the verdict of the multirules on each run (lab-rules section 1). A control
// result is never a patient's: it is filed here and nowhere else.
package quality
