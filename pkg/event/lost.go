package event

import "encoding/json"

// Lost returns the event that a dead letter holds: as EventBridge put it there,
// or as Lambda did, with a report of how often and why the function failed.
func Lost(letter []byte) []byte {
	var report struct{ RequestPayload json.RawMessage }
	if err := json.Unmarshal(letter, &report); err == nil && report.RequestPayload != nil {
		return report.RequestPayload
	}
	return letter
}
