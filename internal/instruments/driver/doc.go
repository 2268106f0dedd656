// Package driver gives instrument messages their meaning: it turns E1394 records and HL7 segments into observations,
// queries and orders, and turns answers and orders of the lab into the records that the instrument expects. It knows
// no model by name: what differs between models stands in a profile, and only the two protocol families are code.
//
// Nothing here touches a database, a clock or a socket. The caller passes bytes and times in and stores what comes out.
package driver
