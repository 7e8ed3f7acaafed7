package record

import (
	"strconv"
	"strings"
	"time"
)

// An ID is the second in which a run began, in UTC, and behind it the part of that second in digits of base 36:
// 20261122-054301-k3f. So IDs sort by time, and the three characters alone nearly always name a run.
const (
	secondForm   = "20060102-150405"
	partDigits   = 3
	ticksASecond = 36 * 36 * 36
)

// idAt returns the ID of a run that began at a time.
func idAt(t time.Time) string {
	t = t.UTC()
	part := strconv.FormatInt(int64(t.Nanosecond())*ticksASecond/int64(time.Second), 36)
	return t.Format(secondForm) + "-" + strings.Repeat("0", partDigits-len(part)) + part
}

// nextTick is the least step in time after which idAt returns another ID.
const nextTick = time.Second/ticksASecond + 1

// began is the inverse of idAt, to the second. ok says that the text is an ID at all.
func began(id string) (t time.Time, ok bool) {
	if len(id) != len(secondForm)+1+partDigits || id[len(secondForm)] != '-' {
		return time.Time{}, false
	}
	for _, c := range part(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return time.Time{}, false
		}
	}
	t, err := time.Parse(secondForm, id[:len(secondForm)])
	return t, err == nil
}

func isID(name string) bool {
	_, ok := began(name)
	return ok
}

// part is what stands behind the second.
func part(id string) string { return id[len(secondForm)+1:] }
