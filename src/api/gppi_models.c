#include "api/fail.h"
#include "bone/models.h"

int gppi_models_open(const char *folder, struct gppi_models **out, struct gppi_error *error)
{
	return api_fail(models_open(folder, out, error), error);
}

int gppi_models_count(const struct gppi_models *models)
{
	return models_count(models);
}

const struct gppi_model_info *gppi_models_info(const struct gppi_models *models, int index)
{
	return models_info(models, index);
}

const char *gppi_models_trained_on(const struct gppi_models *models)
{
	return models_trained_on(models, false);
}

const char *gppi_models_trained_on_pictures(const struct gppi_models *models)
{
	return models_trained_on(models, true);
}

void gppi_models_free(struct gppi_models *models)
{
	models_free(models);
}
