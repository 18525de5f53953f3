#include "data/imports/row_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "foundation/base/invalid.h"

namespace arc::imports {
namespace {

Error CannotStore(const Rejection& first) {
  return {ErrorCode::kUnprocessable,
          fmt::format("line {}: {}; nothing was imported (on_error=skip stores the other lines)",
                      first.line, first.message)};
}

void Append(RejectionReport more, RejectionReport& report) {
  report.count += more.count;
  for (auto& rejection : more.first) {
    if (report.first.size() == RejectionReport::kToldMax) return;
    report.first.push_back(std::move(rejection));
  }
}

}  // namespace

// One import.
class RowImporter::Run : public SchemaSource {
 public:
  Run(RowImporter& importer, const RowImportRequest& request)
      : importer_(importer), request_(request) {}

  std::shared_ptr<const RowSchema> Find(std::string_view measurement) const override {
    const auto part = parts_.find(measurement);
    if (part != parts_.end()) return part->second.schema();
    // Without this check the reason why a line is refused could show the columns of a measurement
    // that the client may not see.
    if (!IsWanted(measurement) || !Authorize(std::string(measurement)).ok()) return nullptr;
    const auto live = importer_.live_measurements_.Find(request_.database, measurement);
    return live == nullptr ? nullptr : live->registered_schema();
  }

  Result<void> Add(DecodedBody body) {
    std::erase_if(body.measurements,
                  [&](const auto& decoded) { return !IsWanted(decoded.measurement); });
    TRY(AuthorizeBody(body, [this](const std::string& name) { return Authorize(name); }));
    if (body.rejections.count > 0 && request_.on_error == OnError::kRefuse) {
      return CannotStore(body.rejections.first.front());
    }
    Append(std::move(body.rejections), result_.skipped);
    for (auto& decoded : body.measurements) TRY(AddRows(decoded));
    return byte_count_ < importer_.limits_.chunk_bytes_max ? Result<void>() : WriteLargest();
  }

  Result<RowImportResult> Publish() && {
    files::Publication publication;
    for (auto& [name, part] : parts_) TRY(part.Write());
    for (auto& [name, part] : parts_) {
      publication.changes.push_back(TRY(part.Register()));
      result_.measurements.push_back(name);
    }
    if (publication.changes.empty()) return Invalid("the file has no rows");
    for (auto& [name, part] : parts_) {
      auto files = part.TakeFiles();
      std::move(files.begin(), files.end(), std::back_inserter(publication.files));
    }
    TRY(importer_.publisher_.PublishAndWait(std::move(publication)));
    return std::move(result_);
  }

 private:
  bool IsWanted(std::string_view measurement) const {
    return !request_.measurement || measurement == *request_.measurement;
  }
  Result<void> Authorize(const std::string& measurement) const {
    return request_.authorize ? request_.authorize(measurement) : Result<void>();
  }
  Result<void> AddRows(DecodedMeasurement& decoded) {
    auto found = parts_.find(decoded.measurement);
    if (found == parts_.end()) {
      found = TRY(AddPart(decoded.measurement));
    }
    auto& part = found->second;
    TRY(part.Offer(SchemaOf(decoded.batch).columns()));
    result_.rows_imported += decoded.batch.row_count();
    byte_count_ -= part.byte_count();
    TRY(part.Add(std::move(decoded.batch)));
    byte_count_ += part.byte_count();
    return part.row_count() < importer_.limits_.chunk_rows_max ? Result<void>() : Write(part);
  }

  using Parts = std::map<std::string, ImportPart, std::less<>>;
  Result<Parts::iterator> AddPart(const std::string& measurement) {
    const MeasurementName name{request_.database, measurement};
    const auto added =
        parts_.try_emplace(measurement, name, importer_.limits_, importer_.live_measurements_,
                           importer_.file_system_, importer_.stager_);
    if (!added.first->second.is_known()) new_count_++;
    const auto& limits = importer_.limits_;
    const auto there = importer_.live_measurements_.measurement_count(request_.database);
    if (new_count_ == 0 || there + new_count_ <= limits.ingest.measurements_max) return added.first;
    return TooManyMeasurements(name, limits);
  }

  Result<void> Write(ImportPart& part) {
    byte_count_ -= part.byte_count();
    return part.Write();
  }

  // Writes the largest parts, until half of the bytes are left: so files become as large as
  // possible, however many measurements take turns in the file.
  Result<void> WriteLargest() {
    std::vector<ImportPart*> parts;
    for (auto& [name, part] : parts_) {
      if (part.row_count() > 0) parts.push_back(&part);
    }
    std::sort(parts.begin(), parts.end(),
              [](const auto* a, const auto* b) { return a->byte_count() > b->byte_count(); });
    for (auto* part : parts) {
      if (byte_count_ <= importer_.limits_.chunk_bytes_max / 2) break;
      TRY(Write(*part));
    }
    return {};
  }

  RowImporter& importer_;
  const RowImportRequest& request_;
  Parts parts_;
  std::size_t new_count_ = 0;   // parts whose measurement is new
  std::size_t byte_count_ = 0;  // of the rows that are not written yet
  RowImportResult result_;
};

RowImporter::RowImporter(ImportLimits limits, fs::FileSystem& file_system,
                         files::FileStager& stager, files::FilePublisher& publisher,
                         buffer::LiveMeasurements& live_measurements)
    : limits_(limits),
      file_system_(file_system),
      stager_(stager),
      publisher_(publisher),
      live_measurements_(live_measurements) {}

Result<RowImportResult> RowImporter::Import(const RowImportRequest& request, RowSource& source) {
  const auto started = std::chrono::steady_clock::now();
  Run run(*this, request);
  while (auto piece = TRY(source.Next(run))) TRY(run.Add(std::move(*piece)));
  auto result = TRY(std::move(run).Publish());
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  return result;
}

}  // namespace arc::imports
