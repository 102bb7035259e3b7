package metric_test

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"screentest/pkg/metric"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
)

func clock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestALineIsInTheEmbeddedMetricFormat(t *testing.T) {
	var out bytes.Buffer
	metric.New(&out, "dev", clock).Write(
		metric.Values{metric.ActorsCompleted: 1, metric.Dollars: 0.0015, metric.ModelLatency: 1200}, map[string]any{"actor": "ada"})
	want := `{"ActorsCompleted":1,"Dollars":0.0015,"ModelLatency":1200,"Stage":"dev","actor":"ada","_aws":{"Timestamp":1795348800000,
		"CloudWatchMetrics":[{"Namespace":"screentest","Dimensions":[["Stage"]],"Metrics":[
		{"Name":"ActorsCompleted","Unit":"Count"},{"Name":"Dollars","Unit":"None"},{"Name":"ModelLatency","Unit":"Milliseconds"}]}]}}`
	var got, wanted any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, wanted) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%s", out.String())
	}
}

func TestNoFiguresMakeNoLine(t *testing.T) {
	var out bytes.Buffer
	log := metric.New(&out, "dev", clock)
	log.Write(nil, map[string]any{"actor": "ada"})
	log.Write(metric.Values{metric.Dollars: math.NaN()}, nil)
	if out.Len() > 0 {
		t.Errorf("%s", out.String())
	}
}

func TestTransportMeasuresTheModel(t *testing.T) {
	var out bytes.Buffer
	now := clock()
	log := metric.New(&out, "dev", func() time.Time { now = now.Add(40 * time.Millisecond); return now })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }))
	defer server.Close()
	client := http.Client{Transport: metric.Transport(http.DefaultTransport, log)}
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if s := out.String(); !strings.Contains(s, `"ModelLatency":40`) || !strings.Contains(s, `"ModelThrottled":1`) {
		t.Errorf("%s", s)
	}
}

func TestAWatchedStoreIsAStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store {
		return metric.Store(mem.New(), metric.New(&bytes.Buffer{}, "dev", clock))
	})
}

func TestALostRaceIsCounted(t *testing.T) {
	var out bytes.Buffer
	s := metric.Store(mem.New(), metric.New(&out, "dev", clock))
	for range 2 {
		_, _ = s.Put(t.Context(), "k", nil, store.IfAbsent)
	}
	if n := strings.Count(out.String(), `"Conflicts":1`); n != 1 {
		t.Errorf("%d lost races, want 1: %s", n, out.String())
	}
}
