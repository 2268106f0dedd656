package driver

// Segments and messages that the HL7 driver reads and writes.
const (
	segMSH = "MSH"
	segPID = "PID"
	segSPM = "SPM"
	segSAC = "SAC"
	segORC = "ORC"
	segOBR = "OBR"
	segOBX = "OBX"
	segQPD = "QPD"
	segQRD = "QRD"
	segPV1 = "PV1"
	segNTE = "NTE"

	msgORM = "ORM"
)
