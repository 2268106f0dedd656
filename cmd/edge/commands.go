package main

import "github.com/spf13/cobra"

// commands are all sub-commands, in the order of the help.
func commands() []*cobra.Command {
	return []*cobra.Command{
		serveCommand(),
		initCommand(),
		demoCommand(),
		enrollCommand(),
		rebuildCommand(),
		configCommand(),
		doctorCommand(),
		verifyCommand(),
		dumpCommand(),
		backupCommand(),
		decodeCommand(),
		detectCommand(),
		simulateCommand(),
		openapiCommand(),
		versionCommand(),
	}
}
