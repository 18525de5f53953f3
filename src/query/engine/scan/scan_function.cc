#include "query/engine/scan/scan_function.h"

#include "query/engine/scan/file_list.h"

namespace arc::engine {

using duckdb::FunctionData;
using duckdb::MultiFileBindData;
using duckdb::optional_ptr;

namespace {

constexpr const char* kFunctionName = "arc_scan";

SnapshotFileList& FileListOf(const FunctionData& data) {
  return data.Cast<MultiFileBindData>().file_list->Cast<SnapshotFileList>();
}
const ScanInfo& InfoOf(const FunctionData& data) {
  return data.Cast<MultiFileBindData>().multi_file_reader->Cast<SnapshotReader>().info();
}

// LogicalGet::GetTable() uses this, and with it `prod.cpu.host` is resolved. The original function
// would list every file on every call.
duckdb::BindInfo GetBindInfo(const optional_ptr<FunctionData> data) {
  auto entry = InfoOf(*data).entry;
  return duckdb::BindInfo(*entry);
}

// Row ids for late materialization. The original function also has `filename`, which shows paths.
duckdb::virtual_column_map_t GetVirtualColumns(duckdb::ClientContext&,
                                               optional_ptr<FunctionData> data) {
  using duckdb::LogicalType;
  using duckdb::MultiFileReader;
  using duckdb::TableColumn;
  duckdb::virtual_column_map_t columns;
  columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX,
                  TableColumn("arc_entry", LogicalType::UBIGINT));
  columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER,
                  TableColumn("arc_row", LogicalType::BIGINT));
  columns.emplace(duckdb::COLUMN_IDENTIFIER_EMPTY, TableColumn("", LogicalType::BOOLEAN));
  data->Cast<MultiFileBindData>().virtual_columns = columns;  // where the column mapper looks
  return columns;
}

duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&,
                                                         const FunctionData* data,
                                                         duckdb::column_t column) {
  const auto& files = FileListOf(*data);
  if (column != kTimeColumn || files.row_count() == 0) return nullptr;
  return TimeStatistics(files.times()).ToUnique();
}

// All rows of the entries that were not skipped, as one partition.
class WholeScan : public duckdb::PartitionRowGroup {
 public:
  explicit WholeScan(const TimeSpan& times) : times_(times) {}

  duckdb::unique_ptr<duckdb::BaseStatistics> GetColumnStatistics(
      const duckdb::StorageIndex& index) override {
    if (index.GetPrimaryIndex() != kTimeColumn) return nullptr;
    return TimeStatistics(times_).ToUnique();
  }
  bool MinMaxIsExact(const duckdb::BaseStatistics&, const duckdb::StorageIndex&) override {
    return true;
  }

 private:
  const TimeSpan times_;
};

// The optimizer answers count(*), min(time) and max(time) from partitions. One partition for all
// rows is enough; it works for a filter that covers whole entries (an hour, a day) as well.
duckdb::vector<duckdb::PartitionStatistics> GetPartitionStats(
    duckdb::ClientContext&, duckdb::GetPartitionStatsInput& input) {
  const auto& files = FileListOf(*input.bind_data);
  if (files.row_count() == 0) return {};
  duckdb::PartitionStatistics all;
  all.count = files.row_count();
  all.count_type = duckdb::CountType::COUNT_EXACT;
  all.partition_row_group = duckdb::make_shared_ptr<WholeScan>(files.times());
  return {all};
}

void SetScanOrder(duckdb::unique_ptr<duckdb::RowGroupOrderOptions> order,
                  optional_ptr<FunctionData> data) {
  if (order->column_idx.GetPrimaryIndex() != kTimeColumn) return;
  auto& files = FileListOf(*data);
  // The OFFSET skips whole partitions, which the scan must leave out; there is only this one.
  if (order->row_group_offset > 0) return files.Clear();
  if (order->order_type == duckdb::OrderType::DESCENDING) files.ScanNewestFirst();
}

duckdb::InsertionOrderPreservingMap<std::string> ToString(
    duckdb::TableFunctionToStringInput& input) {
  duckdb::InsertionOrderPreservingMap<std::string> text;
  const auto& files = FileListOf(*input.bind_data);
  text["Table"] = InfoOf(*input.bind_data).entry->name;
  text["Files"] = std::to_string(files.GetTotalFileCount()) + " of " +
                  std::to_string(files.table().entry_count());
  return text;
}

// The optimizer inlines a CTE that is used twice by writing its plan and reading it back. The name
// of the measurement is enough, because the same query with the same pin reads it back.
// parquet_scan's own callbacks would read back a scan without our files.
void Serialize(duckdb::Serializer& serializer, const optional_ptr<FunctionData> data,
               const duckdb::TableFunction&) {
  if (FileListOf(*data).is_pruned()) {
    throw duckdb::NotImplementedException("a scan that skips files is not copied");
  }
  const duckdb::TableCatalogEntry& entry = *InfoOf(*data).entry;
  serializer.WriteProperty(100, "catalog", entry.catalog.GetName());
  serializer.WriteProperty(101, "schema", entry.schema.name);
  serializer.WriteProperty(102, "table", entry.name);
}

duckdb::unique_ptr<FunctionData> Deserialize(duckdb::Deserializer& deserializer,
                                             duckdb::TableFunction& function) {
  auto& context = deserializer.Get<duckdb::ClientContext&>();
  const auto catalog = deserializer.ReadProperty<std::string>(100, "catalog");
  const auto schema = deserializer.ReadProperty<std::string>(101, "schema");
  const auto table = deserializer.ReadProperty<std::string>(102, "table");
  auto& entry =
      duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, catalog, schema, table);
  duckdb::unique_ptr<FunctionData> data;
  function = entry.GetScanFunction(context, data);
  return data;
}

}  // namespace

bool IsMeasurementScan(const duckdb::LogicalGet& scan) {
  return scan.function.name == kFunctionName;
}

std::uint64_t RowsToScan(const duckdb::LogicalGet& scan) {
  return IsMeasurementScan(scan) ? FileListOf(*scan.bind_data).row_count() : 0;
}

duckdb::TableFunction RegisterScanFunction(duckdb::DatabaseInstance& database,
                                           duckdb::ClientContext& context) {
  auto& system = duckdb::Catalog::GetSystemCatalog(database);
  auto& parquet =
      system.GetEntry<duckdb::TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet_scan");
  auto scan = parquet.functions.GetFunctionByArguments(context, {duckdb::LogicalType::VARCHAR});
  scan.name = kFunctionName;
  scan.get_multi_file_reader = SnapshotReader::Make;
  scan.get_bind_info = GetBindInfo;
  scan.get_virtual_columns = GetVirtualColumns;
  scan.statistics = GetStatistics;
  scan.get_partition_stats = GetPartitionStats;
  scan.set_scan_order = SetScanOrder;
  scan.to_string = ToString;
  scan.dynamic_to_string = nullptr;  // would show paths in EXPLAIN ANALYZE
  scan.serialize = Serialize;
  scan.deserialize = Deserialize;

  // Because reading a plan back looks the function up by name.
  duckdb::CreateTableFunctionInfo create(scan);
  create.schema = DEFAULT_SCHEMA;
  create.internal = true;
  system.CreateFunction(duckdb::CatalogTransaction::GetSystemTransaction(database), create);
  return scan;
}

duckdb::TableFunction BindScan(duckdb::ClientContext& context, duckdb::TableFunction function,
                               duckdb::shared_ptr<ScanInfo> info,
                               duckdb::unique_ptr<FunctionData>& bind_data) {
  duckdb::vector<duckdb::Value> inputs{duckdb::Value(info->entry->name)};
  duckdb::named_parameter_map_t parameters;
  // In SQL NaN is the greatest DOUBLE, but Arrow's writer leaves it out of min and max. Without
  // this option v > 9 would skip row groups that hold a NaN.
  parameters["can_have_nan"] = duckdb::Value::BOOLEAN(true);
  duckdb::vector<duckdb::LogicalType> input_types, types;
  duckdb::vector<std::string> input_names, names;
  const duckdb::TableFunctionRef ref;
  function.function_info = std::move(info);
  duckdb::TableFunctionBindInput input(inputs, parameters, input_types, input_names, nullptr,
                                       nullptr, function, ref);
  bind_data = function.bind(context, input, types, names);
  return function;
}

}  // namespace arc::engine
