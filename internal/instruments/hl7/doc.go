// Package hl7 speaks HL7 v2 with analyzers: MLLP blocks and acknowledgements on the line, segments and fields within.
// Both layers are pure: bytes and times go in, and nothing here waits, stores or logs.
package hl7
