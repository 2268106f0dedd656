package simulate

// CheckScript reads a script for what is wrong with it.
func CheckScript(text string) error {
	_, err := readScript(text)
	return err
}
