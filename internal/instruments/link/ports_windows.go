package link

import "go.bug.st/serial"

// Ports lists the serial ports of this machine.
func Ports() ([]string, error) { return serial.GetPortsList() }
