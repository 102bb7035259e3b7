package mirror_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"screentest/pkg/mirror"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/s3"
	"screentest/pkg/store/s3/s3test"
	"screentest/pkg/store/storetest"
)

const (
	own    store.Key = "actors/ann/training_data/ann_1.png"
	legacy store.Key = "7f-1/custom_actor/ann/training_data/ann_1.png"
)

var (
	at   = mirror.Location{Bucket: "bucket", Prefix: "some/where/"}
	home = mirror.Location{Bucket: "home"}
)

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// with returns a store that holds objects, by key.
func with(t *testing.T, objects map[store.Key]string) store.Store {
	t.Helper()
	s := mem.New()
	for k, body := range objects {
		if _, err := s.Put(t.Context(), k, []byte(body), store.IfAbsent); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestLocate(t *testing.T) {
	const elsewhere = "https://other.s3.us-west-1.amazonaws.com/some/where/actors/ann/training_data/ann_1.png"
	type objects = map[store.Key]string
	url := at.URL
	tests := []struct {
		name    string
		there   objects // in the mirror
		url     string
		key     store.Key
		outside string
	}{
		{"nowhere", nil, "", "", ""},
		{"under its own key", objects{own: "A"}, "", own, ""},
		{"where the address says", objects{legacy: "A"}, url(legacy), legacy, ""},
		{"where the address says, in another dialect", objects{legacy: "A"}, "s3://bucket/some/where/" + string(legacy), legacy, ""},
		{"in both places", objects{legacy: "A", own: "A"}, url(legacy), legacy, ""},
		{"not where the address says", objects{own: "A"}, url(legacy), own, ""},
		{"deleted before", nil, url(legacy), "", ""},
		{"in another bucket", nil, elsewhere, "", elsewhere},
		{"in another bucket and in the mirror", objects{own: "A"}, elsewhere, own, elsewhere},
		{"beside the prefix", nil, "s3://bucket/some/whereelse/ann_1.png", "", "s3://bucket/some/whereelse/ann_1.png"},
		{"not in S3", objects{own: "A"}, "https://example.com/ann_1.png", own, "https://example.com/ann_1.png"},
		{"under the name of another image, with equal contents", objects{"actors/ann/training_data/ann_2.png": "A"},
			url("actors/ann/training_data/ann_2.png"), "", url("actors/ann/training_data/ann_2.png")},
		{"among what the program keeps", objects{"screentest/trash/ann/p/images/ann_1.png": "A"},
			url("screentest/trash/ann/p/images/ann_1.png"), "", url("screentest/trash/ann/p/images/ann_1.png")},
		{"under a key that is none", nil, "s3://bucket/some/where/../ann_1.png", "", "s3://bucket/some/where/../ann_1.png"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := with(t, test.there)
			r := mirror.Remote{Mirror: &mirror.Mirror{Store: s, At: at}}
			o, err := r.Locate(t.Context(), "ann", "ann_1.png", hash("A"), test.url)
			if err != nil || o.Key != test.key || o.Outside != test.outside || (o.Version != "") != (o.Key != "") {
				t.Fatalf("%+v, %v; want %q, outside %q", o, err, test.key, test.outside)
			}
			if o.Key != "" {
				if err := s.Delete(t.Context(), o.Key, o.Version); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestLocateWithoutMirror(t *testing.T) {
	tests := []struct {
		name    string
		remote  mirror.Remote
		url     string
		outside string
		err     error
	}{
		{"no address", mirror.Remote{}, "", "", nil},
		{"the image itself", mirror.Remote{Home: home}, home.URL(own), "", nil},
		{"another object of the same place", mirror.Remote{Home: home}, home.URL(legacy), home.URL(legacy), nil},
		{"outside of the place", mirror.Remote{Home: home}, at.URL(own), at.URL(own), nil},
		{"waived", mirror.Remote{Waived: true}, at.URL(own), at.URL(own), nil},
		{"an orphan", mirror.Remote{}, at.URL(own), "", mirror.ErrOrphan},
		{"an orphan beyond S3", mirror.Remote{}, "https://example.com/x", "", mirror.ErrOrphan},
	}
	for _, test := range tests {
		o, err := test.remote.Locate(t.Context(), "ann", "ann_1.png", hash("A"), test.url)
		if !errors.Is(err, test.err) || o.Outside != test.outside || o.Key != "" {
			t.Errorf("%s: %+v, %v", test.name, o, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "--mirror s3://bucket/prefix") || !strings.Contains(err.Error(), "ann_1.png")) {
			t.Errorf("%s: the message does not say what to do: %v", test.name, err)
		}
	}
}

type denied struct{ store.Store }

func (denied) Get(context.Context, store.Key) (store.Object, error) {
	return store.Object{}, fs.ErrPermission
}

func TestLocateFails(t *testing.T) {
	differs := mirror.Remote{Mirror: &mirror.Mirror{Store: with(t, map[store.Key]string{legacy: "B", own: "A"}), At: at}}
	if o, err := differs.Locate(t.Context(), "ann", "ann_1.png", hash("A"), at.URL(legacy)); !errors.Is(err, mirror.ErrDiffers) {
		t.Errorf("%+v, %v", o, err)
	}
	unreadable := mirror.Remote{Mirror: &mirror.Mirror{Store: denied{mem.New()}, At: at}}
	if o, err := unreadable.Locate(t.Context(), "ann", "ann_1.png", hash("A"), ""); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestPut(t *testing.T) {
	s := mem.New()
	m := &mirror.Mirror{Store: s, At: at}
	for range 2 {
		if err := m.Put(t.Context(), own, []byte("A")); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Put(t.Context(), own, []byte("B")); !errors.Is(err, mirror.ErrDiffers) {
		t.Error(err)
	}
	if body, _, err := store.ReadAll(t.Context(), s, own, 10); err != nil || string(body) != "A" {
		t.Errorf("%q, %v", body, err)
	}
	var none *mirror.Mirror
	if err := none.Put(t.Context(), own, []byte("A")); err != nil {
		t.Error(err)
	}
}

func TestPutSweep(t *testing.T) {
	put := func(s store.Store) error { return (&mirror.Mirror{Store: s}).Put(t.Context(), own, []byte("A")) }
	storetest.Sweep(t, func(*testing.T) store.Store { return mem.New() }, put, func(t *testing.T, s store.Store, _ error) {
		if err := put(s); err != nil {
			t.Error(err)
		}
	})
}

// What Locate finds in a real driver can be deleted by what it returns.
func TestBucket(t *testing.T) {
	server := s3test.New(t)
	for name, value := range server.Environment() {
		t.Setenv(name, value)
	}
	s, err := s3.Open(t.Context(), s3.Scheme+s3test.Bucket+"/a b/ü")
	if err != nil {
		t.Fatal(err)
	}
	at := mirror.Location{Bucket: s3test.Bucket, Prefix: "a b/ü/"}
	m := &mirror.Mirror{Store: s, At: at}
	const key store.Key = "x+y/Zoë 演員/50%25_1.png"
	if err := m.Put(t.Context(), key, []byte("A")); err != nil {
		t.Fatal(err)
	}
	r := mirror.Remote{Mirror: m}
	o, err := r.Locate(t.Context(), "Zoë", "50%25_1.png", hash("A"), at.URL(key))
	if err != nil || o.Key != key || o.Outside != "" {
		t.Fatalf("%+v, %v", o, err)
	}
	if err := s.Delete(t.Context(), o.Key, o.Version); err != nil {
		t.Error(err)
	}
	if o, err := r.Locate(t.Context(), "Zoë", "50%25_1.png", hash("A"), at.URL(key)); err != nil || o != (mirror.Object{}) {
		t.Errorf("after its deletion: %+v, %v", o, err)
	}
}
