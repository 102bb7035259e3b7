package offline

import "hash/fnv"

// HeldOut reports whether the pictures of this actor are kept from fitting, so
// that figures measured on them say how the judge does on actors it has never
// seen. The rule: FNV-1a (32 bit) of the name, modulo 10, is 0, 1 or 2. It picks
// about three actors in ten, whatever else is in the roster.
func HeldOut(name string) bool {
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	return h.Sum32()%10 < 3
}
